"""Prefect's automations: they end runs whose worker is lost, and report problems to a webhook.

Reports need the variable `AMELI_WEBHOOK` with the URL of the webhook. It receives a POST with a JSON object; chat
programs show its field `text`.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import cast
from uuid import UUID

from prefect.automations import Automation, CallWebhook, ChangeFlowRunState, EventTrigger, Posture
from prefect.blocks.webhook import Webhook
from prefect.client.schemas.objects import StateType
from prefect.types import SecretDict
from pydantic import SecretStr

WEBHOOK = "AMELI_WEBHOOK"
LOST_AFTER = "AMELI_LOST_AFTER"
BLOCK = "ameli-webhook"
LOST, FAILED, IDLE = "ameli: a lost run has crashed", "ameli: tell of a failed run", "ameli: tell of a lost worker"
"""Names of the automations on the server."""
POOL = "ameli"

_ENDS = ("Completed", "Failed", "TimedOut", "Crashed", "Cancelling", "Cancelled", "Paused", "Suspended")
_RUN = """\
{"event": {{ event.event | tojson }},
 "flow": {{ flow.name | tojson }},
 "run": {{ flow_run.name | tojson }},
 "state": {{ flow_run.state.name | tojson }},
 "message": {{ flow_run.state.message | tojson }},
 "url": {{ flow_run | ui_url | tojson }},
 "text": {{ (flow.name ~ ": " ~ flow_run.name ~ " " ~ flow_run.state.name ~ ": " ~ flow_run.state.message) | tojson }}}
"""
_POOL = """\
{"event": {{ event.event | tojson }},
 "pool": {{ work_pool.name | tojson }},
 "url": {{ work_pool | ui_url | tojson }},
 "text": {{ ("no worker polls the work pool " ~ work_pool.name) | tojson }}}
"""


def lost_runs(seconds: int) -> Automation:
    """Mark a run as crashed after this number of seconds without a heartbeat: a lost process cannot do so itself."""
    return Automation(
        name=LOST,
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{state}" for state in _ENDS)},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=seconds),
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                name="Crashed",
                message=f"no heartbeat for {seconds} s: worker or process is gone; run it again to continue",
                force=False,
            )
        ],
    )


def failed_runs(block: UUID) -> Automation:
    """Report failed and crashed runs of deployments, but not cancelled runs. The message names refusals by the shop."""
    return Automation(
        name=FAILED,
        trigger=EventTrigger(
            expect={f"prefect.flow-run.{state}" for state in ("Failed", "TimedOut", "Crashed")},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={"prefect.resource.role": "deployment"},
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(0),
        ),
        actions=[CallWebhook(block_document_id=block, payload=_RUN)],
    )


def lost_workers(block: UUID) -> Automation:
    """Report a work pool without worker; the server notices after three missed heartbeats."""
    return Automation(
        name=IDLE,
        trigger=EventTrigger(
            expect={"prefect.work-pool.not-ready"},
            match={"prefect.resource.id": "prefect.work-pool.*", "prefect.resource.name": POOL},
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(0),
        ),
        actions=[CallWebhook(block_document_id=block, payload=_POOL)],
    )


def make_automations() -> list[str]:
    """Create or update the automations for this environment and remove others; returns their names."""
    wanted = [lost_runs(int(os.environ.get(LOST_AFTER) or 300))]
    address = os.environ.get(WEBHOOK, "").strip()
    if address:
        block = _save_block(address)
        wanted += [failed_runs(block), lost_workers(block)]
    names = [automation.name for automation in wanted]
    for name in (LOST, FAILED, IDLE):
        before = _known(name)
        if before is not None:
            before.delete()
    for automation in wanted:
        automation.create()
    return names


def _known(name: str) -> Automation | None:
    try:
        return cast(Automation, Automation.read(name=name))
    except ValueError:
        return None


def _save_block(address: str) -> UUID:
    block = Webhook(url=SecretStr(address), headers=SecretDict({"Content-Type": "application/json"}))
    return cast(UUID, block.save(BLOCK, overwrite=True))
