"""Write requirements.lock and requirements-cuda.lock from what is installed beside this interpreter.

Every distribution that pyproject.toml asks for (its `dev` extra included), directly or not, is pinned at its installed
version, with the platforms on which something asks for it as its marker. A second file takes the CUDA libraries that
PyTorch's Linux wheel wants, so that a CPU-only installation can leave them out. Usage: .venv/bin/python tools/lock.py
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

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


def walk(roots: list[Requirement]) -> tuple[dict[str, frozenset[str]], set[str]]:
    """The platforms on which each distribution is wanted, and the names of those that are wanted only elsewhere."""
    wanted: dict[str, frozenset[str]] = defaultdict(frozenset)
    seen: dict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
    absent: set[str] = set()
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
        except PackageNotFoundError:
            absent.add(name)
            continue
        wanted[name] |= holds
        queue += [(Requirement(text), holds, frozenset(requirement.extras)) for text in requires]
    return dict(wanted), absent


def line(name: str, platforms: frozenset[str]) -> str:
    """One pin, with its marker where it is not for every platform."""
    pin = f"{name}=={distribution(name).version.split('+')[0]}"
    if platforms == ALL:
        return pin
    markers = ['sys_platform == "linux"', *sorted(platforms - LINUX)] if platforms >= LINUX else sorted(platforms)
    return f"{pin} ; {' or '.join(markers)}"


def main() -> None:
    """Write both lock files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = [*project["dependencies"], *(text for extra in EXTRAS for text in project["optional-dependencies"][extra])]
    wanted, absent = walk([Requirement(text) for text in (*texts, *TOOLS)])
    head = "# Made by tools/lock.py for Python 3.11 from pyproject.toml; install with pip install --no-deps -r\n"
    note = f"# Not pinned, wanted on other platforms only: {', '.join(sorted(absent))}\n" if absent else ""
    plain = [line(name, wanted[name]) for name in sorted(wanted) if not CUDA.match(name)]
    cuda = [line(name, wanted[name]) for name in sorted(wanted) if CUDA.match(name)]
    (ROOT / "requirements.lock").write_text(head + note + "\n".join(plain) + "\n")
    (ROOT / "requirements-cuda.lock").write_text(head + "\n".join(cuda) + "\n")


if __name__ == "__main__":
    main()
