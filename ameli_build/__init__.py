"""Build and score AMELI, a benchmark for attribute-aware multimodal entity linking.

The names in `__all__` are the public Python API. They and their parameters do not change within a minor version. Before
a name is removed, it is deprecated for one minor version. Everything else can change at any time, including the paths
of modules. The commands of `ameli` and the files of a snapshot are public as well.

Importing this package is cheap: each name loads its module at its first use.

Example:
    ```python
    from pathlib import Path
    from ameli_build import (Linker, Snapshot, build, load_settings)

    snapshot = Snapshot.open(Path("snapshots/2026-11"))
    settings = load_settings("paper", ["splits.policy=family"], snapshot)
    with snapshot.lock():
        build(snapshot, settings)
    answer = Linker.open(snapshot, settings).link("Great laptop, 16 gigs and a 1tb ssd.")
    print(answer.matches[0].name)
    ```
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

from ameli_build.core.version import __version__

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # ONNX Runtime would report its use

_HOMES = {
    "AmeliError": "ameli_build.core.errors",
    "Answer": "ameli_build.single.answer",
    "Linker": "ameli_build.single.linker",
    "RunFailed": "ameli_build.core.errors",
    "Settings": "ameli_build.core.settings",
    "Snapshot": "ameli_build.core.snapshot",
    "UnusableInput": "ameli_build.core.errors",
    "build": "ameli_build.pipeline",
    "load_settings": "ameli_build.core.settings",
    "process_mapper": "ameli_build.core.workers",
    "run_baseline": "ameli_build.baseline.run",
}
"""Module of each public name. A module of this package with the same name would hide the name."""

__all__ = [
    "AmeliError",
    "Answer",
    "Linker",
    "RunFailed",
    "Settings",
    "Snapshot",
    "UnusableInput",
    "__version__",
    "build",
    "load_settings",
    "process_mapper",
    "run_baseline",
]

if TYPE_CHECKING:
    from ameli_build.baseline.run import run_baseline
    from ameli_build.core.errors import AmeliError, RunFailed, UnusableInput
    from ameli_build.core.settings import Settings, load_settings
    from ameli_build.core.snapshot import Snapshot
    from ameli_build.core.workers import process_mapper
    from ameli_build.pipeline import build
    from ameli_build.single.answer import Answer
    from ameli_build.single.linker import Linker
else:

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
