"""The people of a team, their sheets and their progress."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from ameli_build.annotation.agreement import krippendorff_alpha, pairwise_share
from ameli_build.annotation.answers import answers_in, choice_text
from ameli_build.annotation.assign import assign
from ameli_build.annotation.check import check
from ameli_build.annotation.html import sheet_page
from ameli_build.annotation.sheets import annotator_of, sheet_names, sheet_prefix
from ameli_build.annotation.tasks import Task, choose, load_task
from ameli_build.annotation.team import TEAM
from ameli_build.annotation.team.store import Saved, Store
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_bytes

LEAD = "lead"
"""The name of the lead's page, in place of a sheet."""


@dataclass(frozen=True, slots=True)
class Person:
    """An annotator; `page` is the file of the sheet, `token` the secret part of the link.

    `pictures` are the paths of the page's pictures, by number.
    """

    sheet: str
    annotator: str
    review_ids: Sequence[str]
    page: Path
    pictures: Sequence[str]
    token: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The progress of a person. `shared` are answers for overlapping reviews; `seconds` is the median."""

    person: Person
    answered: int
    shared: int
    seconds: float | None
    last: str


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a team. `compared` are reviews with two answers, of `overlapping` reviews of several people."""

    standings: Sequence[Standing]
    reviews: int
    reviews_answered: int
    overlapping: int
    compared: int
    agreed: float | None
    alpha: float | None


@dataclass(frozen=True, slots=True)
class Team:
    """A task, the people by the name of their sheet, the lead's token and the answers."""

    task: Task
    people: Mapping[str, Person]
    lead_token: str
    store: Store

    def save(self, person: Person, review_id: Any, record: Any) -> str:
        """Save an answer unless an import would refuse it; returns the reason, "" for a saved answer."""
        if not isinstance(review_id, str) or not isinstance(record, dict):
            return "not an answer"
        row = Saved(person.sheet, review_id, "", record).row
        file = {"task": self.task.name, "annotator": person.annotator, "fingerprint": self.task.fingerprint}
        given = answers_in(Path(person.sheet), {**file, "answers": [row]})
        if problems := check(given, {self.task.name: self.task}).problems:
            return problems[0]
        try:
            self.store.save(person.sheet, given[0].review_id, json.dumps(record, allow_nan=False))
        except (ValueError, RecursionError):
            return "not an answer"
        return ""

    def picture(self, person: Person, number: int) -> bytes | None:
        """A picture of the person's page in full size; None if there is none of this number."""
        return self.task.pictures.full(person.pictures[number]) if number < len(person.pictures) else None

    def progress(self) -> Progress:
        """Who has answered how much, and how well the answers agree."""
        given: dict[str, list[Saved]] = defaultdict(list)
        choices: dict[str, list[Any]] = defaultdict(list)
        for saved in self.store.current():
            choice = choice_text(saved.record.get("choice"))
            if choice is not None and saved.sheet in self.people:
                given[saved.sheet].append(saved)
                choices[saved.review_id].append(self.task.product_of(saved.review_id, choice) or choice)
        counts = Counter(review_id for person in self.people.values() for review_id in person.review_ids)
        overlapping = {review_id for review_id, count in counts.items() if count > 1}
        return Progress(
            [_standing(person, given[sheet], overlapping) for sheet, person in self.people.items()],
            len(counts),
            len(choices),
            len(overlapping),
            sum(len(each) > 1 for each in choices.values()),
            pairwise_share(choices.values()),
            krippendorff_alpha(choices.values()),
        )


def make_team(snapshot: Snapshot, task: str, annotators: int | None, overlap: int | None, settings: Settings) -> Team:
    """Write the pages of a team into `SNAPSHOT/sheets/team/`, and open or continue its database there.

    Args:
        snapshot: Snapshot with the tables of the task.
        task: "clean-test", "informativeness" or "mentions".
        annotators: Number of people; None for the number of the last start, at first 1.
        overlap: Number of reviews that everybody gets; None for the number of the last start, at first 0.
        settings: Settings of the run.

    Raises:
        UnusableInput: The task is unknown or has no reviews, or tables are missing.
    """
    loaded = load_task(snapshot, task)
    ids = choose(loaded, settings)
    if not ids:
        raise UnusableInput(f"task {task}: there are no reviews to serve")
    folder = snapshot.root / "sheets" / TEAM
    # a database belongs to a build: answers for other reviews or candidates stay in a file of their own
    store = Store(folder / f"{task}-{loaded.fingerprint[:12]}.sqlite", task, loaded.fingerprint)
    annotators, overlap = store.plan(annotators, overlap)
    people = {}
    parts = assign(ids, annotators, overlap, settings.run.seed)
    for sheet, part in zip(sheet_names(sheet_prefix(task), annotators), parts, strict=True):
        file, annotator = folder / f"{sheet}.html", annotator_of(sheet)
        page = sheet_page(loaded, sheet, annotator, part, settings, full=True)
        write_bytes(file, page.html.encode())
        people[sheet] = Person(sheet, annotator, part, file, page.pictures, store.token(sheet, annotator))
    return Team(loaded, people, store.token(LEAD, LEAD), store)


def _standing(person: Person, given: Sequence[Saved], overlapping: set[str]) -> Standing:
    mine = set(person.review_ids)
    answered = [saved.review_id for saved in given if saved.review_id in mine]
    seconds = [value for saved in given if isinstance(value := saved.record.get("seconds"), int | float)]
    return Standing(
        person,
        len(answered),
        len(overlapping.intersection(answered)),
        median(seconds) if seconds else None,
        max((saved.saved_at for saved in given), default=""),
    )
