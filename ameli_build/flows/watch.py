"""Progress of a running flow for its operator: an artifact, and a line in the log each minute."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.logging import get_run_logger

from ameli_build.core.progress import watched_by

EVERY_SECONDS = 60.0


class Watch:
    """Passes the library's messages and progress to the log and the artifact of a flow run. Safe for threads.

    A running step is logged once a minute, its end at once. `label` is the current step.
    """

    def __init__(self, key: str) -> None:
        self.label = ""
        self._logger = get_run_logger()
        self._artifact = cast(UUID, create_progress_artifact(0.0, key=key, description="starting"))
        self._lock = threading.Lock()
        self._logged = time.monotonic()

    def say(self, text: str) -> None:
        """Log a line; a warning has the level of a warning."""
        log = self._logger.warning if text.startswith("warning: ") else self._logger.info
        log(text.removeprefix("warning: "))

    def reach(self, label: str, done: int, total: int, text: str = "") -> None:
        """Log the progress of a step and show it in the artifact."""
        with self._lock:
            if done == 0 and total > 0:
                self.label = label
            now = time.monotonic()
            if (done < total or not total) and now - self._logged < EVERY_SECONDS:
                return
            self._logged = now
        state = text or f"{done:,} of {total:,}"
        self._logger.info("%s: %s", label, state)
        update_progress_artifact(self._artifact, 100.0 * done / total if total else 0.0, f"{label}: {state}")

    def end(self) -> None:
        """Show in the artifact that all steps are done."""
        update_progress_artifact(self._artifact, 100.0, "done")


@contextmanager
def watched(key: str) -> Iterator[Watch]:
    """Context in which a `Watch` of the running flow receives all progress; `key` is its artifact's name."""
    watch = Watch(key)
    with watched_by(watch):
        yield watch
    watch.end()
