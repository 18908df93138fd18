"""A model's folder is data: nothing in it is run, whoever made it.

Sentence Transformers imports the Python files that a local folder's `modules.json` names, and open_clip hands the
options in its configuration on to Transformers, `trust_remote_code` among them. Both are refused before a library sees
the folder. Transformers itself is always called with `trust_remote_code=False`; without it, it asks on a terminal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CLASS = re.compile(r"sentence_transformers(\.[a-z_]\w*)+\.[A-Z]\w*")
_LISTS = ("modules.json", "router_config.json")
"""Files of Sentence Transformers that name classes; the second one lies in a module's folder."""
_OPTIONS = ("open_clip_config.json",)


def refuse_code(folder: str | Path) -> None:
    """Raise `ValueError` for a model's folder whose files ask for code that is not the installed libraries' own."""
    for path in _named(Path(folder), _LISTS):
        for name in _classes(json.loads(path.read_text(encoding="utf-8"))):
            if not _CLASS.fullmatch(name):
                raise ValueError(f"{path} names {name}, which is no class of Sentence Transformers")
    for path in _named(Path(folder), _OPTIONS):
        if "trust_remote_code" in json.dumps(json.loads(path.read_text(encoding="utf-8"))):
            raise ValueError(f"{path} asks for trust_remote_code")


def refuse_own_classes(folder: str | Path) -> None:
    """Raise `ValueError` for a folder of Transformers with `auto_map`, for a caller that cannot say what it trusts."""
    for path in _named(Path(folder), ("config.json", "tokenizer_config.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict) and "auto_map" in found:
            raise ValueError(f"{path} names code of its own (auto_map)")


def _named(folder: Path, names: tuple[str, ...]) -> Iterator[Path]:
    return (path for name in names for path in sorted(folder.rglob(name)) if path.is_file())


def _classes(told: Any) -> Iterator[str]:
    """The classes that a list of modules names, or that a router's configuration does."""
    if isinstance(told, dict):
        types = told.get("types", {})
        yield from map(str, types.values() if isinstance(types, dict) else [types])
    else:
        yield from (str(module.get("type", "")) if isinstance(module, dict) else str(module) for module in told)
