"""One contender of `baseline.py`: encode texts with one backend; order and answer are JSON.

The clock covers the texts of `timed`, and not the texts of `also`; both are files of JSON lists.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from ameli_build.core.cache import Work
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.models.exported import export_text_encoder
from ameli_build.models.text import load_text_encoder


def main() -> None:
    """Export the model if the backend needs it, encode the texts, save the vectors."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    models = load_settings("demo", (f"models.text_backend={order['backend']}", f"models.batch={order['batch']}")).models
    start = time.perf_counter()
    exported = export_text_encoder(Work(Snapshot(Path(order["cache"]))), models)
    preparing = time.perf_counter() - start
    encoder = load_text_encoder(models.text_encoder, models.device, models.batch, exported=exported)
    timed, also = (json.loads(Path(order[name]).read_text()) for name in ("timed", "also"))
    encoder.encode(timed[: models.batch])
    used, start = time.process_time(), time.perf_counter()
    vectors = encoder.encode(timed)
    numbers = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - used, "export": preparing}
    np.savez(order["out"], timed=vectors, also=encoder.encode(also))
    print(json.dumps(numbers))


if __name__ == "__main__":
    main()
