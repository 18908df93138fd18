"""An installation without extras, for a process of its own: whatever the base does not bring is hidden from it."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HOOK = """\
import sys
from importlib.machinery import PathFinder

MODULES, DISTRIBUTIONS = {modules!r}, {distributions!r}


class Base(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        hidden = name.partition(".")[0] in MODULES
        return None if hidden else super().find_spec(name, path, target)

    @classmethod
    def find_distributions(cls, *context):
        found = super().find_distributions(*context)
        return (one for one in found if one.name.lower().replace("_", "-") not in DISTRIBUTIONS)


sys.meta_path[sys.meta_path.index(PathFinder)] = Base
"""


def asked(*extras: str) -> list[Requirement]:
    """The requirements of pyproject.toml: the base's without extras, else those of the extras, own ones included."""
    texts = [text for extra in extras for text in PROJECT["optional-dependencies"][extra]]
    found = [Requirement(text) for text in (texts if extras else PROJECT["dependencies"])]
    own = [extra for one in found if one.name == PROJECT["name"] for extra in sorted(one.extras)]
    return [one for one in found if one.name != PROJECT["name"]] + [one for name in own for one in asked(name)]


def closure(requirements: list[Requirement]) -> set[str]:
    """The distributions that these bring, directly or not, by the metadata of those that are installed."""
    found: set[tuple[str, frozenset[str]]] = set()
    ahead = list(requirements)
    while ahead:
        one = ahead.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key in found:
            continue
        found.add(key)
        try:
            more = [Requirement(text) for text in distribution(one.name).requires or ()]
        except PackageNotFoundError:  # of another platform
            continue
        extras = ("", *one.extras)
        ahead += (new for new in more if not new.marker or any(new.marker.evaluate({"extra": name}) for name in extras))
    return {name for name, _ in found}


@cache
def owners() -> dict[str, set[str]]:
    """The installed distributions that bring a top-level module, by the module's name."""
    found = packages_distributions().items()
    return {name: {*map(canonicalize_name, names)} for name, names in found if name != "ameli_build"}


def base_environment(folder: Path) -> dict[str, str]:
    """The environment of a process that has the base alone; `folder` holds the hook."""
    base = {*closure(asked()), PROJECT["name"]}
    modules = frozenset(name for name, names in owners().items() if not names & base)
    others = frozenset(name for names in owners().values() for name in names - base)
    (folder / "sitecustomize.py").write_text(HOOK.format(modules=modules, distributions=others))
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]), "COLUMNS": "120"}
