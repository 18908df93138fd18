"""Grounding DINO (Liu et al., 2023) through groundingdino-py: the paper's detector for filter 7."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from ameli_build.models import Box
from ameli_build.models.hub import Hub
from ameli_build.models.loading import loading
from ameli_build.models.sources import GROUNDING_TEXT, sources_of
from ameli_build.models.trust import refuse_own_classes

if TYPE_CHECKING:
    import torch

SHORT_SIDE, LONG_SIDE = 800, 1333
"""Limits of a picture's sides in pixels, as in the training of the published models."""
LONGEST_SHAPE = 20
"""Largest ratio of the sides. Narrower pictures are skipped: after scaling, their short side would vanish."""


@dataclass(frozen=True, slots=True)
class GroundingDetector:
    """Finds the object that a prompt names; the score is the best token's probability."""

    model: Any
    device: str
    box_threshold: float
    text_threshold: float

    def detect(self, image: Image.Image, prompt: str) -> Box | None:
        """The box with the highest score.

        None if no box scores above the box threshold, or if no word of the prompt scores above the text threshold in
        the best box, which would then have no phrase.
        """
        import torch

        caption = caption_of(prompt)
        if not caption or max(image.size) > LONGEST_SHAPE * min(image.size):
            return None
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch's advice to the authors of the package
            output = self.model(_pixels(image).to(self.device)[None], captions=[caption])
        scores = output["pred_logits"][0].sigmoid().max(dim=1).values
        best = int(scores.argmax())
        score = round(float(scores[best]), 4)
        if not score > max(self.box_threshold, self.text_threshold):
            return None
        return _box(output["pred_boxes"][0][best].tolist(), image.size, score)


def caption_of(prompt: str) -> str:
    """A prompt in the model's form: a phrase in lower case with a full stop at its end.

    The model ends a phrase at full stops and question marks, so they become spaces inside a name (`14.5"`). The result
    is empty for a prompt without letters and digits.
    """
    phrase = " ".join(re.sub(r"[.?]", " ", prompt.lower()).split())
    return f"{phrase}." if re.search(r"\w", phrase) else ""


def load_grounding(name: str, device: str, box_threshold: float, text_threshold: float) -> GroundingDetector:
    """The detector `SwinT` or `SwinB` (from the hub), or `<config.py>,<weights.pth>,<text encoder folder>`.

    Raises:
        UnusableInput: A file is missing, or the weights do not fit the configuration.
    """
    return GroundingDetector(_model(name, device), device, box_threshold, text_threshold)


@lru_cache(maxsize=1)
def _model(name: str, device: str) -> Any:
    with loading("detector", f"groundingdino:{name}"), contextlib.redirect_stdout(io.StringIO()):
        return _build(*_parts(name), device)


def _parts(name: str) -> tuple[Path, Path, str]:
    """Paths of configuration, weights and text encoder for a model's name."""
    parts = name.split(",")
    sources = sources_of("detector", f"groundingdino:{name}") if len(parts) == 1 else ()
    if sources and isinstance(sources[0], Hub):
        for source in sources:
            if problem := source.problem():
                raise FileNotFoundError(f"{source.label}: {problem}; run `ameli models fetch`")
        files = sorted(sources[0].folder.glob("*"))
        config = next(path for path in files if path.suffix == ".py")
        weights = next(path for path in files if path.suffix == ".pth")
        return config, weights, str(GROUNDING_TEXT.folder)
    if len(parts) != 3:
        raise ValueError("expected SwinT, SwinB or <config.py>,<weights.pth>,<text encoder folder>")
    for part in parts[:2]:
        if not Path(part).is_file():
            raise FileNotFoundError(f"{part}: no such file")
    if not Path(parts[2]).is_dir():
        raise FileNotFoundError(f"{parts[2]}: no such folder")
    return Path(parts[0]), Path(parts[1]), parts[2]


def _build(config: Path, weights: Path, encoder: str, device: str) -> Any:
    import torch
    from groundingdino.models import build_model
    from groundingdino.util.misc import clean_state_dict
    from groundingdino.util.slconfig import SLConfig

    refuse_own_classes(encoder)  # the package does not pass `trust_remote_code` on
    arguments = SLConfig(read_configuration(config))
    arguments.device = device
    arguments.text_encoder_type = encoder
    arguments.use_checkpoint = arguments.use_transformer_ckpt = False  # both save memory only in training
    model = build_model(arguments)
    stored = torch.load(weights, map_location="cpu", weights_only=True)
    missing, _ = model.load_state_dict(clean_state_dict(stored.get("model", stored)), strict=False)
    if missing:  # a missing weight would stay random
        raise ValueError(f"{weights}: lacks {len(missing)} weights of the model, for example {missing[0]}")
    return model.to(device).eval()


def read_configuration(path: Path) -> dict[str, Any]:
    """The assignments in a configuration file. The file is Python, but is parsed, not run.

    Raises:
        ValueError: A statement is not the assignment of a constant.
    """
    values: dict[str, Any] = {}
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(statement, ast.Assign):
            raise ValueError(f"{path}:{statement.lineno}: a a configuration may hold only NAME = CONSTANT")
        value = ast.literal_eval(statement.value)
        values |= {ast.unparse(target): value for target in statement.targets}
    return values


def _pixels(image: Image.Image) -> torch.Tensor:
    """A picture scaled and normalised as in training, shape (3, height, width)."""
    from groundingdino.datasets import transforms

    steps = transforms.Compose(
        [
            transforms.RandomResize([SHORT_SIDE], max_size=LONG_SIDE),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )
    tensor: torch.Tensor = steps(image.convert("RGB"), None)[0]
    return tensor


def _box(centre: list[float], size: tuple[int, int], score: float) -> Box | None:
    """A box in whole pixels from (centre x, centre y, width, height) in shares of the picture; None if it is empty."""
    x, y, width, height = centre
    left, right = (min(max(round(edge * size[0]), 0), size[0]) for edge in (x - width / 2, x + width / 2))
    top, bottom = (min(max(round(edge * size[1]), 0), size[1]) for edge in (y - height / 2, y + height / 2))
    return Box(left, top, right, bottom, score) if right > left and bottom > top else None
