"""Write requirements.lock and requirements-cuda.lock from what is installed beside some interpreters.

Every distribution that pyproject.toml asks for (its `dev` extra included), directly or not, is pinned at its installed
version, with the platforms and the versions of Python on which something asks for it as its marker. A second file takes
the CUDA libraries that PyTorch's Linux wheel wants, so that a CPU-only installation can leave them out.

Usage: .venv/bin/python tools/lock.py [PYTHON ...], each an interpreter of another version with everything installed.
Where two of them hold different versions of a distribution, the lock says so by marker.
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
TOOLS = ("setuptools", "wheel")  # what the project itself is built with

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
"""Distribution -> its version, and the platforms that want it."""


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
    """The platforms on which a requirement holds, given the extras that were asked for."""
    if requirement.marker is None:
        return ALL
    asked = ("", *extras)
    return frozenset(
        marker for marker in PLATFORMS for extra in asked if requirement.marker.evaluate(environment(marker, extra))
    )


def walk(roots: list[Requirement]) -> dict[str, frozenset[str]]:
    """The platforms on which each distribution that is installed here is wanted."""
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
        except PackageNotFoundError:  # wanted on other platforms only
            continue
        wanted[name] |= holds
        queue += [(Requirement(text), holds, frozenset(requirement.extras)) for text in requires]
    return dict(wanted)


def asked(project: Mapping[str, Any], extras: Iterable[str]) -> list[Requirement]:
    """What the project asks for with these extras, and with those that they include in turn."""
    texts, ahead, seen = list(project["dependencies"]), [*extras], set()
    while ahead:
        extra = ahead.pop()
        if extra not in seen:
            seen.add(extra)
            texts += project["optional-dependencies"][extra]
            ahead += (one for text in texts if (own := Requirement(text)).name == project["name"] for one in own.extras)
    return [one for one in map(Requirement, texts) if one.name != project["name"]]


def pins_here() -> Pins:
    """What this interpreter has of what the project asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = walk([*asked(project, EXTRAS), *map(Requirement, TOOLS)])
    return {name: (distribution(name).version.split("+")[0], platforms) for name, platforms in wanted.items()}


def pins_of(interpreter: str) -> tuple[str, Pins]:
    """The version of another interpreter, and what it has; raises `subprocess.CalledProcessError`."""
    done = subprocess.run([interpreter, __file__, "--print"], check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    return told["python"], {name: (version, frozenset(some)) for name, (version, some) in told["pins"].items()}


def lines_of(name: str, by_python: Mapping[str, Pins]) -> list[str]:
    """The pins of a distribution, a line for each version of it, with the Pythons and platforms that it is for."""
    pythons: dict[tuple[str, frozenset[str]], list[str]] = defaultdict(list)
    for python, pins in sorted(by_python.items()):
        if name in pins:
            pythons[pins[name]].append(python)
    lines = []
    for (version, platforms), some in pythons.items():
        where = [one for one in (platform_marker(platforms), python_marker(some, by_python)) if one]
        marker = where[0] if len(where) == 1 else " and ".join(f"({one})" if " or " in one else one for one in where)
        lines.append(f"{name}=={version}" + (f" ; {marker}" if marker else ""))
    return lines


def platform_marker(platforms: frozenset[str]) -> str:
    """The marker of some platforms, "" for all of them."""
    if platforms == ALL:
        return ""
    markers = ['sys_platform == "linux"', *sorted(platforms - LINUX)] if platforms >= LINUX else sorted(platforms)
    return " or ".join(markers)


def python_marker(some: list[str], by_python: Mapping[str, Pins]) -> str:
    """The marker of some versions of Python, "" for all of them."""
    return "" if len(some) == len(by_python) else " or ".join(f'python_version == "{one}"' for one in some)


def main(arguments: list[str]) -> None:
    """Write both lock files, or print what this interpreter has."""
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
