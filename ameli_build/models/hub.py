"""Model repositories on the Hugging Face Hub, at a pinned revision.

`HF_ENDPOINT` and `HF_TOKEN` have their usual meaning. Only `fetch` sends requests to the hub.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from ameli_build.core.errors import RunFailed
from ameli_build.core.snapshot import file_digest
from ameli_build.models import store
from ameli_build.models.known import Facts, known

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

Kind = Literal["transformer", "sentence", "tokenizer", "open_clip", "timm", "grounding"]
"""The library format of a repository; it decides which files are needed."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_TEXTS = (".json", ".txt", ".model")
_TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "spm.model", "sentencepiece.bpe.model", "spiece.model")
_WEIGHTS = re.compile(r"(?:(model)(?:-\d+-of-\d+)?\.safetensors|pytorch_model(?:-\d+-of-\d+)?\.bin)")
"""Names of files of weights, without other precisions and checkpoints of a training."""
_OPEN_CLIP = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin")
_ELSEWHERE = frozenset({"onnx", "openvino", "coreml", "original"})
"""Folders with the same model for other runtimes."""
_SETTINGS = {"Transformer": "sentence_*_config.json", "Pooling": "config.json"}
"""Settings file of each module of Sentence Transformers; without the file, the module would use its defaults."""
_REFUSALS = {
    "RepositoryNotFoundError": "the hub has no such repository, or HF_TOKEN has no access to it",
    "RevisionNotFoundError": "the hub has no such revision",
    "GatedRepoError": "its owner asks for consent: agree on its page, and set HF_TOKEN",
}
"""Short messages for errors of the hub's client whose own messages are a paragraph long, by class."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A repository; an empty `revision` means the newest revision at the time of the fetch.

    `grounding` names the wanted model in Grounding DINO's repository, which has several.
    """

    repo: str
    revision: str
    kind: Kind
    grounding: str = ""

    @property
    def label(self) -> str:
        """The repository's name."""
        return self.repo

    @property
    def folder(self) -> Path:
        """Folder of the fetched files."""
        name = f"{self.repo.replace('/', '--')}--{self.revision or 'main'}"
        part = self.grounding or ("tokenizer" if self.kind == "tokenizer" else "")
        return store.models_folder() / "hub" / (f"{name}-{part}" if part else name)

    @property
    def facts(self) -> Facts:
        """Licence and size: from the record of the fetch, or else from the table of known models."""
        record = store.read_record(self.folder)
        if record is not None:
            return Facts(record.revision, record.licence, record.size)
        facts = known(f"{self.repo}:{self.grounding or self.kind}", self.repo)
        return Facts(self.revision, facts.licence, facts.size)

    def problem(self, whole: bool = False) -> str:
        """Why the files cannot be used; "" if they can."""
        return store.lacking(self.folder, whole)

    def fetch(self) -> None:
        """Download and check the missing files; raises `RunFailed` on failure."""
        try:
            self._fetch()
        except RunFailed as error:
            raise RunFailed(f"{self.repo}: {error}") from None
        except Exception as error:  # the hub's client raises many kinds of errors
            raise RunFailed(f"{self.repo}: {why(error)}") from error

    def _fetch(self) -> None:
        from huggingface_hub import HfApi, hf_hub_download

        info = HfApi().model_info(self.repo, revision=self.revision or None, files_metadata=True)
        commit = str(info.sha)
        if _COMMIT.fullmatch(self.revision) and commit != self.revision:
            raise RunFailed(f"the hub answers with revision {commit}, not {self.revision}")
        listed = {file.rfilename: file for file in info.siblings or ()}
        wanted = wanted_files(self.kind, sorted(listed), self.grounding)
        store.forget(self.folder)
        for name in wanted:
            path = self.folder / name
            if not _is_right(path, listed[name]):
                path.unlink(missing_ok=True)  # the client would treat a damaged file as complete
                hf_hub_download(self.repo, name, revision=commit, local_dir=self.folder)
            if not _is_right(path, listed[name]):
                path.unlink(missing_ok=True)
                raise RunFailed(f"{name} differs from the hub's size or digest; run the command again")
            if not _holds_weights(path):
                raise RunFailed(f"{name} has no weights; does a mirror serve a Git LFS pointer in its place?")
        self._check_modules(listed)
        licence = str(getattr(info.card_data, "license", None) or self.facts.licence)
        store.write_record(self.folder, self.repo, commit, licence)

    def _check_modules(self, listed: Iterable[str]) -> None:
        """Raise `RunFailed` if a module of a Sentence Transformers model lacks its settings file."""
        path = self.folder / "modules.json"
        if self.kind != "sentence" or not path.is_file():
            return
        for module in json.loads(path.read_text(encoding="utf-8")):
            named = _SETTINGS.get(str(module["type"]).rpartition(".")[2])
            wanted = f"{module['path']}/{named}".lstrip("/")
            if named and not any(fnmatchcase(name, wanted) for name in listed):
                raise RunFailed(f"{wanted} is not among its files")


def wanted_files(kind: Kind, names: Sequence[str], grounding: str = "") -> list[str]:
    """The files of a repository that are needed to load it as `kind`; raises `RunFailed` if a file is missing."""
    ours = [name for name in names if not _ELSEWHERE & {*PurePosixPath(name).parts[:-1]}]
    top = [name for name in ours if "/" not in name]
    if kind == "grounding":
        config = _first(
            ours, [f"GroundingDINO_{grounding}.cfg.py", f"GroundingDINO_{grounding}_OGC.cfg.py"], "configuration"
        )
        weights = [name for name in top if name.startswith(f"groundingdino_{grounding.lower()}")]
        return [config, _first(weights, sorted(weights), "weights file")]
    texts = [name for name in ours if name.endswith(_TEXTS)]
    if kind == "tokenizer":
        _first(top, _TOKENIZERS, "tokenizer")
        return texts
    if kind == "open_clip":
        _first(top, ["open_clip_config.json"], "open_clip_config.json")
        weights = [
            _first(top, [*_OPEN_CLIP, *(n for n in top if n.endswith((".safetensors", ".bin")))], "weights file")
        ]
        return [*texts, *weights]
    if kind == "sentence":
        _first(top, ["modules.json"], "modules.json")
    home = "." if kind == "timm" else _home(ours)
    beside = [PurePosixPath(name).name for name in ours if _folder(name) == home]
    _first(beside, ["config.json"], "config.json")
    weights = _weights(ours)
    if home not in map(_folder, weights):
        raise RunFailed("no weights among its files (model.safetensors or pytorch_model.bin)")
    return [*texts, *weights]


def _home(names: Sequence[str]) -> str:
    """The folder of tokenizer and model; a CLIP of Sentence Transformers has a subfolder for them."""
    found = [_folder(name) for name in names if PurePosixPath(name).name in _TOKENIZERS]
    if not found:
        raise RunFailed("no tokenizer among its files")
    return min(found)


def _weights(names: Sequence[str]) -> list[str]:
    """The files of weights: in each folder the safetensors, or else the pickled files."""
    named = [(name, _WEIGHTS.fullmatch(PurePosixPath(name).name)) for name in names]
    safe = [name for name, found in named if found and found[1] == "model"]
    done = set(map(_folder, safe))
    return safe + [name for name, found in named if found and _folder(name) not in done]


def _folder(name: str) -> str:
    return str(PurePosixPath(name).parent)


def _first(names: Sequence[str], wanted: Sequence[str], purpose: str) -> str:
    """The first wanted name in `names`; raises `RunFailed` if there is none."""
    found = next((name for name in wanted if name in names), None)
    if found is None:
        raise RunFailed(f"no {purpose} among its files")
    return found


def _holds_weights(path: Path) -> bool:
    """Whether the first bytes of a file fit its extension; always true for files other than weights."""
    with path.open("rb") as handle:
        begin = handle.read(9)
    if path.suffix == ".safetensors":
        return begin[8:] == b"{"
    return path.suffix not in (".bin", ".pth") or begin.startswith((b"PK\x03\x04", b"\x80"))


def _is_right(path: Path, sibling: RepoSibling) -> bool:
    """Whether a file has the hub's size and digest: SHA-256 for a large file, git's hash for others."""
    if not path.is_file() or (sibling.size is not None and path.stat().st_size != sibling.size):
        return False
    if sibling.lfs is not None:
        return file_digest(path) == sibling.lfs.sha256
    if sibling.blob_id is None:
        return True
    body = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest() == sibling.blob_id


def why(error: BaseException) -> str:
    """The cause of a server error in a few words; for other errors, the first line of the message."""
    from requests import ConnectionError, HTTPError, Timeout
    from requests.exceptions import ChunkedEncodingError

    if type(error).__name__ in _REFUSALS:
        return _REFUSALS[type(error).__name__]
    if isinstance(error, HTTPError) and error.response is not None:
        return f"{error.response.status_code} {error.response.reason}"
    if isinstance(error, ConnectionError):  # before Timeout: a timeout of the connection is both
        return "no connection"
    if isinstance(error, Timeout):
        return "the server stopped responding"
    if isinstance(error, ChunkedEncodingError):
        return "the connection broke; run the command again to continue"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
