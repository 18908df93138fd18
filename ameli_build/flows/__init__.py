"""Prefect flows: crawling, building, annotating and scoring, chained and scheduled. The library does not know of them.

Prefect's own server is asked to stay quiet: it takes longer to start than Prefect allows by default, and it need not
report its use to anyone.
"""

import os

from ameli_build.core.extras import require_extra

require_extra("flows", "ameli_build.flows")

os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "90")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
