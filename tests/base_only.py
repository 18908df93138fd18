"""An installation without extras, for a process of its own, which sees only packages of the base."""

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
        return (each for each in found if each.name.lower().replace("_", "-") not in DISTRIBUTIONS)


sys.meta_path[sys.meta_path.index(PathFinder)] = Base
"""


def asked(*extras: str) -> list[Requirement]:
    """The requirements of the base, or of the given extras with the extras that they include."""
    texts = [text for extra in extras for text in PROJECT["optional-dependencies"][extra]]
    found = [Requirement(text) for text in (texts if extras else PROJECT["dependencies"])]
    own = [extra for required in found if required.name == PROJECT["name"] for extra in sorted(required.extras)]
    return [new for new in found if new.name != PROJECT["name"]] + [new for name in own for new in asked(name)]


def closure(requirements: list[Requirement]) -> set[str]:
    """The distributions that requirements bring, directly or not, by the metadata of installed distributions."""
    found: set[tuple[str, frozenset[str]]] = set()
    ahead = list(requirements)
    while ahead:
        requirement = ahead.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in found:
            continue
        found.add(key)
        try:
            more = [Requirement(text) for text in distribution(requirement.name).requires or ()]
        except PackageNotFoundError:  # of another platform
            continue
        extras = ("", *requirement.extras)
        ahead += (new for new in more if not new.marker or any(new.marker.evaluate({"extra": name}) for name in extras))
    return {name for name, _ in found}


@cache
def owners() -> dict[str, set[str]]:
    """The installed distributions that bring a top-level module, by the module's name."""
    found = packages_distributions().items()
    return {name: {*map(canonicalize_name, names)} for name, names in found if name != "ameli_build"}


def base_environment(folder: Path) -> dict[str, str]:
    """The environment of a process that has only the base; `folder` holds the hook."""
    base = {*closure(asked()), PROJECT["name"]}
    modules = frozenset(name for name, names in owners().items() if not names & base)
    others = frozenset(name for names in owners().values() for name in names - base)
    (folder / "sitecustomize.py").write_text(HOOK.format(modules=modules, distributions=others))
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]), "COLUMNS": "120"}
