"""Write requirements.lock and requirements-cuda.lock from the distributions of one or more interpreters.

Every direct and indirect requirement of pyproject.toml (with its extra `dev`) is pinned at its installed version, with
a marker for the platforms and versions of Python that need it. The CUDA libraries of PyTorch's Linux wheel are in the
second file, so that a CPU-only installation can omit them.

Usage: .venv/bin/python tools/lock.py [PYTHON ...], where each PYTHON is an interpreter of another version
with all requirements installed. If interpreters have different versions of a distribution, each version gets a marker.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
EXTRAS = ("dev",)
TOOLS = ("setuptools", "wheel")  # build requirements of the project

PLATFORMS = {
    'sys_platform == "linux" and platform_machine == "x86_64"': ("linux", "Linux", "x86_64", "posix"),
    'sys_platform == "linux" and platform_machine == "aarch64"': ("linux", "Linux", "aarch64", "posix"),
    'sys_platform == "darwin"': ("darwin", "Darwin", "arm64", "posix"),
    'sys_platform == "win32"': ("win32", "Windows", "AMD64", "nt"),
}
ALL = frozenset(PLATFORMS)
LINUX = frozenset(marker for marker in PLATFORMS if '"linux"' in marker)
CUDA = re.compile(r"^(nvidia-|cuda-|triton$)")

Pins = dict[str, tuple[str, frozenset[str]]]
"""Distribution -> version, and platforms that need the distribution."""


def environment(marker: str, extra: str) -> dict[str, str]:
    """The marker environment of a platform."""
    sys_platform, system, machine, os_name = PLATFORMS[marker]
    return {
        "sys_platform": sys_platform,
        "platform_system": system,
        "platform_machine": machine,
        "os_name": os_name,
        "extra": extra,
    }


def platforms_of(requirement: Requirement, extras: Iterable[str]) -> frozenset[str]:
    """The platforms on which a requirement holds with these extras."""
    if requirement.marker is None:
        return ALL
    wanted = ("", *extras)
    return frozenset(
        marker for marker in PLATFORMS for extra in wanted if requirement.marker.evaluate(environment(marker, extra))
    )


def walk(roots: list[Requirement]) -> dict[str, frozenset[str]]:
    """The platforms that need each distribution installed here."""
    wanted: dict[str, frozenset[str]] = defaultdict(frozenset)
    seen: dict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
    queue = [(root, ALL, frozenset(EXTRAS)) for root in roots]
    while queue:
        requirement, platforms, extras = queue.pop()
        holds = platforms & platforms_of(requirement, extras)
        name = canonicalize_name(requirement.name)
        key = (name, ",".join(sorted(requirement.extras)))
        if not holds - seen[key]:
            continue
        seen[key] |= holds
        try:
            requires = distribution(name).requires or []
        except PackageNotFoundError:  # needed on other platforms only
            continue
        wanted[name] |= holds
        queue += [(Requirement(text), holds, frozenset(requirement.extras)) for text in requires]
    return dict(wanted)


def requirements_of(project: Mapping[str, Any], extras: Iterable[str]) -> list[Requirement]:
    """The requirements of the project with these extras and the extras that they include."""
    texts, ahead, seen = list(project["dependencies"]), [*extras], set()
    while ahead:
        extra = ahead.pop()
        if extra not in seen:
            seen.add(extra)
            texts += project["optional-dependencies"][extra]
            own = (requirement for requirement in map(Requirement, texts) if requirement.name == project["name"])
            ahead += (name for requirement in own for name in requirement.extras)
    return [requirement for requirement in map(Requirement, texts) if requirement.name != project["name"]]


def pins_here() -> Pins:
    """The pins of this interpreter's distributions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = walk([*requirements_of(project, EXTRAS), *map(Requirement, TOOLS)])
    return {name: (distribution(name).version.split("+")[0], platforms) for name, platforms in wanted.items()}


def pins_of(interpreter: str) -> tuple[str, Pins]:
    """The version of another interpreter, and its pins; raises `subprocess.CalledProcessError`."""
    done = subprocess.run([interpreter, __file__, "--print"], check=True, capture_output=True, text=True)
    output = json.loads(done.stdout)
    pins = {name: (version, frozenset(platforms)) for name, (version, platforms) in output["pins"].items()}
    return output["python"], pins


def lines_of(name: str, by_python: Mapping[str, Pins]) -> list[str]:
    """The pins of a distribution: a line for each version, with a marker for its Pythons and platforms."""
    pythons: dict[tuple[str, frozenset[str]], list[str]] = defaultdict(list)
    for python, pins in sorted(by_python.items()):
        if name in pins:
            pythons[pins[name]].append(python)
    lines = []
    for (version, platforms), versions in pythons.items():
        parts = [part for part in (platform_marker(platforms), python_marker(versions, by_python)) if part]
        if len(parts) > 1:
            parts = [f"({part})" if " or " in part else part for part in parts]
        marker = " and ".join(parts)
        lines.append(f"{name}=={version}" + (f" ; {marker}" if marker else ""))
    return lines


def platform_marker(platforms: frozenset[str]) -> str:
    """The marker of these platforms, "" for all."""
    if platforms == ALL:
        return ""
    markers = ['sys_platform == "linux"', *sorted(platforms - LINUX)] if platforms >= LINUX else sorted(platforms)
    return " or ".join(markers)


def python_marker(versions: list[str], by_python: Mapping[str, Pins]) -> str:
    """The marker of these versions of Python, "" for all."""
    if len(versions) == len(by_python):
        return ""
    return " or ".join(f'python_version == "{version}"' for version in versions)


def main(arguments: list[str]) -> None:
    """Write both lock files, or print the pins of this interpreter."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    if arguments == ["--print"]:
        pins = {name: (version, sorted(platforms)) for name, (version, platforms) in pins_here().items()}
        print(json.dumps({"python": python, "pins": pins}))
        return
    by_python = {python: pins_here(), **dict(map(pins_of, arguments))}
    names = sorted({name for pins in by_python.values() for name in pins})
    versions = ", ".join(sorted(by_python))
    head = f"# Made by tools/lock.py for Python {versions} from pyproject.toml; install with pip install --no-deps -r\n"
    for file, wanted in (("requirements.lock", False), ("requirements-cuda.lock", True)):
        lines = [line for name in names if bool(CUDA.match(name)) == wanted for line in lines_of(name, by_python)]
        (ROOT / file).write_text(head + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
