"""Prefect flows that crawl, build, annotate and score. No other part of the package imports them.

Two defaults of Prefect are changed: its ephemeral server gets more time to start, and does not report its use.
"""

import os

from ameli_build.core.extras import require_extra

require_extra("flows", "ameli_build.flows")

os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "90")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
