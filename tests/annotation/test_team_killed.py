"""Twelve people answer while the server is killed ten times: no answer is lost."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import requests

from ameli_build.annotation.assign import assign
from ameli_build.annotation.sheets import import_answers
from ameli_build.annotation.tasks import load_task
from tests.annotation.team_world import SETTINGS, ServerProcess, post, snapshot_of

PEOPLE, REVIEWS, OVERLAP, KILLS = 12, 112, 40, 10


class Room:
    """State that the people of a room share."""

    def __init__(self) -> None:
        self.up = threading.Event()
        self.changed = threading.Condition()
        self.confirmed: dict[tuple[str, str], str] = {}
        self.failed = 0

    def confirm(self, annotator: str, review_id: str, choice: str) -> None:
        with self.changed:
            self.confirmed[annotator, review_id] = choice
            self.changed.notify_all()

    def wait_for(self, count: int) -> dict[tuple[str, str], str]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.confirmed) >= count, timeout=120)
            return dict(self.confirmed)


class Person(threading.Thread):
    """Sends an answer until the server confirms it, as the page does."""

    def __init__(self, room: Room, link: str, annotator: str, answers: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self.room, self.link, self.annotator, self.answers = room, link, annotator, answers

    def run(self) -> None:
        for review_id, choice in self.answers.items():
            while not self.sent(review_id, choice):
                self.room.failed += 1
                self.room.up.wait()
            self.room.confirm(self.annotator, review_id, choice)

    def sent(self, review_id: str, choice: str) -> bool:
        try:
            return post(self.link, review_id, {"choice": choice, "seconds": 2}).json() == {"saved": review_id}
        except requests.RequestException:
            return False


@pytest.mark.slow
def test_no_answer_is_lost_when_the_server_is_killed_ten_times(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path / "snapshot", REVIEWS)
    ids = sorted(load_task(snapshot, "clean-test").items)
    parts = assign(ids, PEOPLE, OVERLAP, SETTINGS.run.seed)
    server, room = ServerProcess(snapshot, PEOPLE, OVERLAP), Room()
    server.start()
    try:
        room.up.set()
        people = [
            Person(
                room,
                server.links[f"sheet-{n:02d}"],
                f"annotator-{n:02d}",
                {review_id: str(1 + (n + place) % 4) for place, review_id in enumerate(part)},
            )
            for n, part in enumerate(parts, 1)
        ]
        total = sum(len(person.answers) for person in people)
        for person in people:
            person.start()
        for kill in range(1, KILLS + 1):
            confirmed = room.wait_for(kill * total // (KILLS + 2))
            room.up.clear()
            server.kill()
            saved = server.saved()
            assert confirmed.items() <= saved.items()
            server.start()
            room.up.set()
        room.wait_for(total)
    finally:
        server.kill()
    assert room.failed >= KILLS  # the kills did hit people who were answering
    assert server.saved() == room.confirmed
    assert total == PEOPLE * OVERLAP + REVIEWS - OVERLAP == len(room.confirmed)
    report = import_answers(snapshot, [server.database], SETTINGS)
    assert report.problems == ()
    assert (report.tasks["clean-test"]["answers"], report.tasks["clean-test"]["reviews"]) == (total, REVIEWS)
