"""`tools/lock.py` writes the pins of an environment, each with the platforms and Pythons that need it."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from test_packaging import locked

ROOT = Path(__file__).parents[1]
LOCK = runpy.run_path(str(ROOT / "tools" / "lock.py"))
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
LINUX_PC, LINUX_ARM, MAC, WINDOWS = LOCK["PLATFORMS"]
EVERYWHERE = LOCK["ALL"]


def is_for_this_python(pin: Requirement) -> bool:
    """Whether this Python needs a pin, on any platform."""
    environments = [LOCK["environment"](platform, "") | {"python_version": PYTHON} for platform in LOCK["PLATFORMS"]]
    return pin.marker is None or any(map(pin.marker.evaluate, environments))


def test_the_lock_files_have_the_pins_of_this_environment() -> None:
    pins = filter(is_for_this_python, [*locked(), *locked("requirements-cuda.lock")])
    versions = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}
    here = {name: version for name, (version, _) in LOCK["pins_here"]().items()}
    assert len(here) > 100
    assert here == {name: version for name, version in versions.items() if name in here}


def test_cuda_libraries_are_in_the_second_file() -> None:
    assert "torch" in {pin.name for pin in locked()}
    names = {pin.name for pin in locked("requirements-cuda.lock")}
    assert any(name.startswith("nvidia-cudnn") for name in names)
    assert all(LOCK["CUDA"].match(name) for name in names)


def test_a_pin_has_markers_only_where_platforms_or_pythons_differ() -> None:
    pins = {
        "3.11": {"a": ("1", EVERYWHERE), "b": ("1", EVERYWHERE), "c": ("1", frozenset((WINDOWS,)))},
        "3.12": {"a": ("1", EVERYWHERE), "b": ("2", EVERYWHERE), "c": ("1", frozenset((WINDOWS,)))},
        "3.13": {"a": ("1", EVERYWHERE), "b": ("2", EVERYWHERE), "d": ("1", frozenset((LINUX_PC, LINUX_ARM, MAC)))},
    }
    lines = {name: LOCK["lines_of"](name, pins) for name in "abcd"}
    assert lines["a"] == ["a==1"]
    assert lines["b"] == [
        'b==1 ; python_version == "3.11"',
        'b==2 ; python_version == "3.12" or python_version == "3.13"',
    ]
    assert lines["c"] == ['c==1 ; sys_platform == "win32" and (python_version == "3.11" or python_version == "3.12")']
    assert lines["d"] == ['d==1 ; (sys_platform == "linux" or sys_platform == "darwin") and python_version == "3.13"']
    assert all(Requirement(line) for found in lines.values() for line in found)


def test_extras_that_include_extras_are_followed() -> None:
    project = {
        "name": "mine",
        "dependencies": ["a>=1"],
        "optional-dependencies": {"all": ["mine[more]", "b"], "more": ["c ; sys_platform == 'win32'"], "other": ["d"]},
    }
    found = LOCK["requirements_of"](project, ["all"])
    assert sorted(requirement.name for requirement in found) == ["a", "b", "c"]
    holds = {requirement.name: LOCK["platforms_of"](requirement, ()) for requirement in found}
    assert holds == {"a": EVERYWHERE, "b": EVERYWHERE, "c": {WINDOWS}}
