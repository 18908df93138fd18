"""Requests that the server of a team answers, and requests that it refuses."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests

from ameli_build.annotation.sheets import import_answers
from ameli_build.annotation.team.app import BODY_BYTES
from ameli_build.annotation.team.server import TeamServer
from ameli_build.annotation.team.store import Store
from ameli_build.annotation.team.team import Team, make_team
from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import write_table
from tests.annotation.team_world import SETTINGS, post, served, snapshot_of

Served = tuple[Team, dict[str, str]]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Three people, eight reviews, two of them for everybody."""
    with served(snapshot_of(tmp_path_factory.mktemp("room") / "snapshot", 8), 3, 2) as running:
        yield running


def records(team: Team) -> list[tuple[str, str, Any]]:
    return [(saved.sheet, saved.review_id, saved.record) for saved in team.store.current()]


def test_an_answer_is_on_the_page_of_its_person_only(room: Served) -> None:
    _, links = room
    record = {"choice": "4", "comment": "</script><script>alert(1)</script>", "out": [1]}
    assert post(links["sheet-01"], "m000", record).json() == {"saved": "m000"}
    shown = [requests.get(links[f"sheet-{n:02d}"]).text for n in (1, 2)]
    assert '"saved": [["m000", {"choice": "4"' in shown[0]
    assert '"saved": []' in shown[1]
    assert "</script><script>alert" not in shown[0]


def test_the_page_is_the_sheet(room: Served) -> None:
    team, links = room
    response = requests.get(links["sheet-02"])
    sheet = team.people["sheet-02"].page.read_text(encoding="utf-8")
    head, _, rest = sheet.partition("<title>")
    assert response.text.endswith(f"<title>{rest}")
    assert not response.text.startswith(head)  # the policy permits one more script
    assert response.headers["Content-Length"] == str(len(response.content))


def test_the_lead_sees_links_progress_and_agreement(tmp_path: Path) -> None:
    with served(snapshot_of(tmp_path / "snapshot", 4), 2, 2) as (team, links):
        shared = set(team.people["sheet-01"].review_ids) & set(team.people["sheet-02"].review_ids)
        first, second = sorted(shared)
        for sheet, review_id, choice in (("01", first, 4), ("02", first, 4), ("01", second, 1), ("02", second, 2)):
            post(links[f"sheet-{sheet}"], review_id, {"choice": str(choice), "seconds": 7})
        page = requests.get(links["lead"]).text
        assert all(link in page for name, link in links.items() if name != "lead")
        assert page.count("2 of 3") == 2
        assert "2 <small>of 4</small>" in page
        assert "2 <small>of 2</small>" in page
        assert "50 %" in page
        post(links["sheet-01"], second, {"choice": None})
        assert "1 of 3" in requests.get(links["lead"]).text
        assert team.progress().agreed == 1.0


@pytest.mark.parametrize(
    ("first", "second"),
    [(["1", "4", "2"], ["1", "4", "3"]), (["1", "1", "1"], ["1", "4", "2.0"]), (["2", "?", 3], ["3", "x", "?"])],
)
def test_the_lead_sees_the_agreement_of_an_import(tmp_path: Path, first: list[Any], second: list[Any]) -> None:
    """Agreement is on products: the same number means another product in each review."""
    snapshot = snapshot_of(tmp_path / "snapshot", 3)
    path = snapshot.dataset / "test.parquet"
    table = pl.read_parquet(path)
    shown = [["p1", "p2", "p3", "p4"], ["p4", "p3", "p2", "p1"], ["p3", "p1", "p4", "p2"]]
    write_table(path, table.with_columns(pl.Series("candidates", shown)))
    with served(snapshot, 2, 3) as (team, links):
        for sheet, choices in (("sheet-01", first), ("sheet-02", second)):
            for review_id, choice in zip(sorted(team.task.items), choices, strict=True):
                assert post(links[sheet], review_id, {"choice": choice}).ok
        progress = team.progress()
        assert requests.get(links["lead"], timeout=10).status_code == 200
    report = import_answers(snapshot, [team.store.path], SETTINGS).tasks["clean-test"]
    assert progress.agreed == pytest.approx(report["pairwise_agreement"], abs=1e-4)
    assert progress.alpha == pytest.approx(report["choice_alpha"], abs=1e-4)


@pytest.mark.parametrize("name", ["sheet-01", "lead"])
@pytest.mark.parametrize("change", ["x", "", "other", "%00", "é"])
def test_a_wrong_token_opens_nothing(room: Served, name: str, change: str) -> None:
    _, links = room
    base, token = links[name].rstrip("/").rsplit("/", 1)
    other = links["sheet-02"].rstrip("/").rsplit("/", 1)[1]
    wrong = {"x": token + "x", "": token[:-1], "other": other}.get(change, change)
    missing = requests.get(f"{base}/{wrong}/")
    assert (missing.status_code, "No sheet here" in missing.text) == (404, True)
    assert missing.headers["content-type"].startswith("text/html")
    assert post(f"{base}/{wrong}/", "m000", {"choice": "1"}).status_code in (404, 405)


def test_an_unknown_sheet_is_a_wrong_token(room: Served) -> None:
    _, links = room
    for name in ("sheet-09", "lead", "..", "sheet-01%2F"):
        assert post(links["sheet-01"].replace("sheet-01", name), "m000", {"choice": "1"}).status_code in (404, 405)


@pytest.mark.parametrize(
    "host", ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "", "[::1", "a@127.0.0.1.b"]
)
def test_a_foreign_host_is_refused(room: Served, host: str) -> None:
    _, links = room
    assert requests.get(links["sheet-01"], headers={"Host": host}).status_code in (400, 421)
    assert requests.get(links["lead"], headers={"Host": host}).status_code in (400, 421)


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:80", "192.168.1.9:8765"])
def test_an_own_host_is_answered(room: Served, host: str) -> None:
    assert requests.get(room[1]["sheet-01"], headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", "", "http://127.0.0.1", "file://", "http://localhost:8765"]
)
def test_a_foreign_page_cannot_answer(room: Served, origin: str) -> None:
    team, links = room
    before = records(team)
    assert post(links["sheet-03"], "m000", {"choice": "1"}, Origin=origin).status_code == 403
    assert post(links["sheet-03"], "m000", {"choice": "1"}, **{"Content-Type": "text/plain"}).status_code == 403
    assert records(team) == before


@pytest.mark.parametrize(
    ("review_id", "record"),
    [
        ("m999", {"choice": "1"}),
        ("", {"choice": "1"}),
        (None, {"choice": "1"}),
        (7, {"choice": "1"}),
        (["m000"], {"choice": "1"}),
        ("m000", {"choice": "5"}),
        ("m000", {"choice": "0"}),
        ("m000", {"choice": True}),
        ("m000", {"choice": ["1"]}),
        ("m000", {"choice": "=1+1"}),
        ("m000", {"choice": "1' OR 1=1 --"}),
        ("m000", "1"),
        ("m000", None),
        ("m000", ["choice"]),
    ],
)
def test_the_server_refuses_answers_that_an_import_refuses(room: Served, review_id: Any, record: Any) -> None:
    team, links = room
    before = records(team)
    assert post(links["sheet-03"], review_id, record).status_code == 422
    assert records(team) == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"3", 400),
        (b"{}", 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b'{"review_id": "m000", "record": {"choice": "1", "seconds": NaN}}', 422),
        (b'{"review_id": "m000", "record": {"choice": "1", "x": 1e999}}', 422),
        (b'{"review_id": "m000", "record": {"choice": "1", "x": ' + b"9" * 5000 + b"}}", 400),
        (b" " * (BODY_BYTES + 1), 413),
    ],
)
def test_a_hostile_body_is_refused(room: Served, body: bytes, status: int) -> None:
    team, links = room
    before = records(team)
    origin = "/".join(links["sheet-03"].split("/")[:3])
    headers = {"Origin": origin, "Content-Type": "application/json"}
    assert requests.post(f"{links['sheet-03']}answers", data=body, headers=headers).status_code == status
    chunks = (body[n : n + 50_000] for n in range(0, len(body), 50_000))  # without a length
    assert requests.post(f"{links['sheet-03']}answers", data=chunks, headers=headers).status_code == status
    assert records(team) == before


def test_an_answer_cannot_name_another_person_or_task(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path / "snapshot", 2)
    with served(snapshot, 2, 2) as (team, links):
        theirs = {
            "annotator": "annotator-02",
            "task": "mentions",
            "sheet_code": "clean-test/annotator-02/x",
            "position": 2,
        }
        assert post(links["sheet-01"], "m000", {"choice": "1", "comment": "cut \ud83d", **theirs}).ok
        report = import_answers(snapshot, [team.store.path], SETTINGS).tasks["clean-test"]
    assert list(report["annotators"]) == ["annotator-01"]
    assert report["right"] == 0


def test_a_second_start_continues_with_links_and_answers(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path / "snapshot", 4)
    with served(snapshot, 2, 1) as (team, links):
        post(links["sheet-02"], "m001", {"choice": "1"})
        first = {name: link.split("/", 3)[3] for name, link in links.items()}
        before = records(team)
    again = make_team(snapshot, "clean-test", None, None, SETTINGS)
    assert {name: f"{name}/{person.token}/" for name, person in again.people.items()} | {
        "lead": f"lead/{again.lead_token}/"
    } == first
    assert records(again) == before
    assert [len(person.review_ids) for person in again.people.values()] == [3, 2]
    again.store.close()


def test_each_change_is_stored_and_a_repeated_answer_is_not(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "a.sqlite", "clean-test", "f")
    for choice in ("1", "1", "2", "1"):
        store.save("sheet-01", "r1", json.dumps({"choice": choice}))
    assert [saved.record["choice"] for saved in store.current()] == ["1"]
    store.close()
    with sqlite3.connect(tmp_path / "new" / "a.sqlite") as database:
        assert database.execute("SELECT count(*) FROM answers").fetchone() == (3,)


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\x00" + b"x" * 2000, b"SQLite format 3\x00"])
def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "answers.sqlite"
    path.write_bytes(content)
    with pytest.raises(UnusableInput, match=r"answers\.sqlite"):
        Store(path, "clean-test", "f")
    with pytest.raises(UnusableInput, match=r"answers\.sqlite"):
        import_answers(snapshot_of(tmp_path / "snapshot", 1), [path], SETTINGS)


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE songs (name TEXT)")
    with pytest.raises(UnusableInput, match="not a database of a team's answers"):
        import_answers(snapshot_of(tmp_path / "snapshot", 1), [path], SETTINGS)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::1", "localhost"])
def test_the_server_listens_at_other_addresses(tmp_path: Path, host: str) -> None:
    if ":" in host and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with served(snapshot_of(tmp_path / "snapshot", 1), 1, 0, host=host) as (_, links):
        link = links["sheet-01"]
        assert "0.0.0.0" not in link
        assert "[::]" not in link
        own = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1", "::1": "[::1]"}.get(host, host)
        port, path = link.rpartition("]" if "]" in link else "//")[2].split(":", 1)[1].split("/", 1)
        assert requests.get(f"http://{own}:{port}/{path}").status_code == 200
        assert requests.get(f"http://{own}:{port}/{path}", headers={"Host": "evil.test"}).status_code == 421


def test_an_address_in_use_is_refused(tmp_path: Path) -> None:
    team = make_team(snapshot_of(tmp_path / "snapshot", 1), "clean-test", 1, 0, SETTINGS)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UnusableInput, match="cannot listen"):
        TeamServer(team, "127.0.0.1", taken.getsockname()[1])
    with pytest.raises(UnusableInput, match="cannot listen"):
        TeamServer(team, "no such host.test", 0)


@pytest.mark.parametrize("task", ["informativeness", "mentions"])
def test_answers_to_the_other_tasks_are_imported(tmp_path: Path, task: str) -> None:
    snapshot = snapshot_of(tmp_path / "snapshot", 1)
    choice = "yes" if task == "informativeness" else "wrong"
    with served(snapshot, 1, 0, task) as (team, links):
        assert post(links[f"{task}-01"], "r1", {"choice": choice, "words": "it"}).ok
        assert post(links[f"{task}-01"], "r1", {"choice": "1"}).status_code == 422
        assert import_answers(snapshot, [team.store.path], SETTINGS).tasks[task]["answers"] == 1
