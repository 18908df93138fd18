"""Refusal of model folders that would run code of their own.

Sentence Transformers imports the Python files that `modules.json` names. open_clip passes the options of its
configuration to Transformers, including `trust_remote_code`. Folders with either are refused before a library reads
them. Transformers is always called with `trust_remote_code=False`; without this argument, it asks on a terminal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CLASS = re.compile(r"sentence_transformers(\.[a-z_]\w*)+\.[A-Z]\w*")
_LISTS = ("modules.json", "router_config.json")
"""Files of Sentence Transformers that name classes. The second is in a module's folder."""
_OPTIONS = ("open_clip_config.json",)


def refuse_code(folder: str | Path) -> None:
    """Raise `ValueError` if a model's folder would run code other than the installed libraries."""
    for path in _named(Path(folder), _LISTS):
        for name in _classes(json.loads(path.read_text(encoding="utf-8"))):
            if not _CLASS.fullmatch(name):
                raise ValueError(f"{path} names {name}, which is not a class of Sentence Transformers")
    for path in _named(Path(folder), _OPTIONS):
        if "trust_remote_code" in json.dumps(json.loads(path.read_text(encoding="utf-8"))):
            raise ValueError(f"{path} sets trust_remote_code")


def refuse_own_classes(folder: str | Path) -> None:
    """Raise `ValueError` for a Transformers folder with `auto_map`, for callers that cannot set `trust_remote_code`."""
    for path in _named(Path(folder), ("config.json", "tokenizer_config.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict) and "auto_map" in found:
            raise ValueError(f"{path} names code of its own (auto_map)")


def _named(folder: Path, names: tuple[str, ...]) -> Iterator[Path]:
    return (path for name in names for path in sorted(folder.rglob(name)) if path.is_file())


def _classes(content: Any) -> Iterator[str]:
    """The classes named by a list of modules or by a router's configuration."""
    if isinstance(content, dict):
        types = content.get("types", {})
        yield from map(str, types.values() if isinstance(types, dict) else [types])
    else:
        yield from (str(module.get("type", "")) if isinstance(module, dict) else str(module) for module in content)
