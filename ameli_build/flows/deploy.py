"""Set up a Prefect server: work pool, deployments and automations. The stack runs this once at its start.

    python -m ameli_build.flows.deploy

All schedules in `prefect.yaml` are inactive. A schedule that somebody has activated on the server stays active.
"""

from __future__ import annotations

import subprocess
import sys
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import DeploymentSchedule

from ameli_build.core.logs import RESULTS
from ameli_build.flows.automations import POOL, make_automations

Key = tuple[UUID, str]
"""Id of a deployment, and the slug of one of its schedules."""


def main() -> None:
    """Update the server from this folder; if a step fails, the process ends with its exit status."""
    _prefect("work-pool", "create", POOL, "--type", "process", "--overwrite")
    active = {key for key, schedule in _schedules().items() if schedule.active}
    _prefect("deploy", "--all")
    for key, schedule in _schedules().items():
        if key in active and not schedule.active:
            _turn_on(key, schedule)
            RESULTS.info(f"the schedule {key[1]} stays active")
    RESULTS.info(f"automations: {'; '.join(make_automations())}")


def _prefect(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "prefect", "--no-prompt", *arguments], check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def _schedules() -> dict[Key, DeploymentSchedule]:
    with get_client(sync_client=True) as client:
        deployments = client.read_deployments()
    return {
        (deployment.id, schedule.slug or ""): schedule
        for deployment in deployments
        for schedule in deployment.schedules
    }


def _turn_on(key: Key, schedule: DeploymentSchedule) -> None:
    with get_client(sync_client=True) as client:
        client.update_deployment_schedule(key[0], schedule.id, active=True)


if __name__ == "__main__":
    main()
