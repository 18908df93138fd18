"""Text encoders as ONNX files; Sentence Transformers' backend for ONNX Runtime runs them on the processor.

With weights of eight bits, ONNX Runtime scales the numbers of each batch by their range. The vector of a text then
depends slightly on the other texts of its batch.
"""

from __future__ import annotations

import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ameli_build.core.cache import Work
from ameli_build.core.errors import UnusableInput
from ameli_build.core.extras import require_extra
from ameli_build.core.fingerprints import fingerprint, work_code
from ameli_build.core.settings import ModelSettings
from ameli_build.models.loading import unavailable
from ameli_build.models.sources import identity, place_of
from ameli_build.models.store import forget, lacking, write_record
from ameli_build.models.trust import refuse_code

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

LABEL = "export texts"
MODEL = Path("onnx") / "model.onnx"


def export_text_encoder(work: Work, models: ModelSettings) -> str:
    """The folder of `models.text_encoder` in the format of `models.text_backend`, exported once; "" for PyTorch.

    Raises:
        UnusableInput: The device is a GPU, the extra `onnx` is missing, or the model cannot be loaded or exported.
    """
    if models.text_backend == "torch":
        return ""
    if models.device_of("text_encoder") != "cpu":
        raise UnusableInput(
            f"setting models.text_backend: {models.text_backend!r} runs on the processor only, "
            f"and its device is {models.device_of('text_encoder')!r}"
        )
    name, code = models.text_encoder, work_code(__name__)
    folder = work.folder(LABEL) / fingerprint(identity(name), models.text_backend, code)[:32]
    if lacking(folder, whole=True):
        _export(folder, name, quantised=models.text_backend == "onnx-int8")
    return str(folder)


def load_exported(folder: str) -> SentenceTransformer:
    """An exported text encoder, with as many threads as PyTorch has.

    Raises:
        UnusableInput: The extra `onnx` is missing, or the folder would run code of its own. The folder is not trusted,
            because a cache can come with somebody else's snapshot.
    """
    try:
        refuse_code(folder)
    except ValueError as error:
        raise UnusableInput(f"{folder}: not an export of this program ({error})") from None
    return _load(folder, export=False)


def _export(folder: Path, name: str, quantised: bool) -> None:
    """Write the folder atomically."""
    partial = folder.with_name(f"{folder.name}.{os.getpid()}")
    try:
        path = place_of("text_encoder", name)
        with _quiet():
            model = _load(path, export=True)
            model.save_pretrained(str(partial), create_model_card=False)
            if quantised:
                _quantise(partial / MODEL)
        forget(folder)
        shutil.rmtree(folder, ignore_errors=True)
        partial.replace(folder)
        write_record(folder, name, "", "")
    except UnusableInput:
        raise
    except Exception as error:  # the libraries raise many kinds of errors
        raise unavailable("text_encoder", name, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _load(path: str, export: bool) -> SentenceTransformer:
    require_extra("onnx", "setting models.text_backend: ONNX")
    import onnxruntime  # type: ignore[import-untyped]
    import optimum.onnxruntime  # type: ignore[import-untyped]  # noqa: F401
    import torch
    from sentence_transformers import SentenceTransformer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    how = {"provider": "CPUExecutionProvider", "session_options": options, "export": export}
    model: SentenceTransformer = SentenceTransformer(
        path, backend="onnx", device="cpu", local_files_only=True, trust_remote_code=False, model_kwargs=how
    )
    return model


def _quantise(path: Path) -> None:
    """Quantise weights to seven bits, scaled by column; processors without VNNI would overflow with eight."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # type: ignore[import-untyped]

    small = path.with_name("small.onnx")
    quantize_dynamic(path, small, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    small.replace(path)


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the exporter's messages."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
