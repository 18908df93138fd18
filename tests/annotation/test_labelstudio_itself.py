"""Tasks in a real Label Studio: two people see every picture, answer in Chromium, and their exports are imported.

The program `label-studio` is found by the variable LABEL_STUDIO or on the path (CONTRIBUTING.md).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import made
import polars as pl
import pytest
import requests
from chromium import chromium
from requests.adapters import HTTPAdapter
from selenium import webdriver
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait
from urllib3.util import Retry

from ameli_build.annotation.answers import read_answers
from ameli_build.annotation.sheets import export_sheets, import_answers
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
PEOPLE = ("ann@example.org", "bo@example.org")
PASSWORD = "a-password-of-tests"
HOSTILE_NAME = "</script><script>document.title='taken'</script> $review {{idx}} & co."


@dataclass(frozen=True)
class Studio:
    """A running Label Studio and the session of its first user."""

    url: str
    session: requests.Session

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"X-CSRFToken": self.session.cookies.get("csrftoken", ""), "Referer": self.url}
        answer = self.session.request(method, self.url + path, headers=headers, timeout=120, **more)
        assert answer.ok, answer.text[:2000]
        return answer


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="module")
def snapshot(root: Path) -> Snapshot:
    """Test reviews r4 (hostile text) and r5, gold p4 at position 4 of four; products with hostile names."""
    snapshot = made.released_snapshot(root / "snapshot")
    for name, column in (("products", "name"), ("test", "title")):
        path = snapshot.dataset / f"{name}.parquet"
        table = pl.read_parquet(path).with_columns(pl.concat_str(pl.lit(HOSTILE_NAME + " "), column).alias(column))
        path.unlink()
        table.write_parquet(path)
    return snapshot


@pytest.fixture(scope="module")
def studio(root: Path, snapshot: Snapshot) -> Iterator[Studio]:
    program = os.environ.get("LABEL_STUDIO") or shutil.which("label-studio")
    if not program:
        pytest.skip("no Label Studio here (set LABEL_STUDIO)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(snapshot.root / "sheets"),
        "LABEL_STUDIO_HOST": url,
        "LATEST_VERSION_CHECK": "false",
        "COLLECT_ANALYTICS": "false",
    }
    command = [program, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)]
    command += ["--data-dir", str(root / "data"), "--username", PEOPLE[0], "--password", PASSWORD]
    with (root / "studio.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        session = requests.Session()
        session.mount(url, HTTPAdapter(max_retries=Retry(total=40, backoff_factor=0.25, backoff_max=10)))
        session.get(f"{url}/user/login", timeout=120)
        studio = Studio(url, session)
        fields = {"csrfmiddlewaretoken": session.cookies["csrftoken"], "password": PASSWORD}
        second = requests.Session()
        second.cookies.update(session.cookies)
        form = fields | {"email": PEOPLE[1], "how_find_us": "Other", "allow_newsletters": "false"}
        signed = second.post(f"{url}/user/signup/", data=form, headers={"Referer": url}, timeout=120)
        assert signed.ok, signed.text[:2000]
        studio.call("POST", "/user/login/", data=fields | {"email": PEOPLE[0]})
        yield studio
    finally:
        server.terminate()
        server.wait(60)


def until(browser: webdriver.Chrome, found: Callable[[webdriver.Chrome], Any]) -> Any:
    return WebDriverWait(browser, 90).until(found)


@contextmanager
def person_at(studio: Studio, person: str, project: int) -> Iterator[webdriver.Chrome]:
    """A person's own Chromium, signed in, with the first task of the project."""
    with chromium("1440,900", ("browser",)) as browser:
        browser.get(f"{studio.url}/user/login/")
        browser.find_element(By.NAME, "email").send_keys(person)
        browser.find_element(By.NAME, "password").send_keys(PASSWORD, Keys.ENTER)
        until(browser, lambda page: "/login" not in page.current_url)
        browser.get(f"{studio.url}/projects/{project}/data?labeling=1")
        yield browser


def sizes_of_pictures(browser: webdriver.Chrome) -> list[int]:
    """The natural width of each picture of the task on the page."""
    script = "return [...document.querySelectorAll('.ameli img')].map(image => image.complete ? image.naturalWidth : 0)"
    sizes: list[int] = browser.execute_script(script)
    return sizes


def answer(browser: webdriver.Chrome, choice: str) -> None:
    """Choose, submit, and wait for the next task or the end of the queue."""
    radio = until(
        browser, lambda page: page.find_element(By.CSS_SELECTOR, f".ameli input[type=radio][name='{choice}']")
    )
    browser.execute_script("arguments[0].click()", radio)
    browser.find_element(By.CSS_SELECTOR, "button[name=submit]").click()
    until(browser, staleness_of(radio))
    done = "return /No More Tasks/.test(document.body.innerText) || document.querySelector('.ameli input') !== null"
    until(browser, lambda page: page.execute_script(done))


def project(studio: Studio, snapshot: Snapshot, task: str, *settings: str) -> int:
    """A project with the tasks of a sheet, which two people answer."""
    sheet, config = export_sheets(snapshot, "labelstudio", 1, 0, task, load_settings("demo", settings))
    body = {"title": task, "label_config": config.read_text(encoding="utf-8"), "maximum_annotations": len(PEOPLE)}
    number: int = studio.call("POST", "/api/projects", json=body).json()["id"]
    if settings:
        path = str(snapshot.root / "sheets" / "labelstudio" / "pictures")
        studio.call("POST", "/api/storages/localfiles", json={"project": number, "path": path, "title": "pictures"})
    with sheet.open("rb") as file:
        studio.call("POST", f"/api/projects/{number}/import", files={"file": (sheet.name, file, "application/json")})
    return number


def exports(studio: Studio, number: int, folder: Path) -> dict[str, Path]:
    """The project in each format of export."""
    paths = {}
    for form, name in (("JSON", "json"), ("JSON_MIN", "min.json"), ("CSV", "csv"), ("TSV", "tsv")):
        content = studio.call("GET", f"/api/projects/{number}/export?exportType={form}").content
        paths[form] = folder / f"export.{name}"
        paths[form].write_bytes(content)
    return paths


@pytest.mark.parametrize("settings", [(), ("sheets.labelstudio_files=true",)], ids=["inline", "files"])
def test_two_people_see_every_picture_and_all_their_answers_arrive(
    studio: Studio, snapshot: Snapshot, tmp_path: Path, settings: tuple[str, ...]
) -> None:
    number = project(studio, snapshot, "clean-test", *settings)
    for person, choice in zip(PEOPLE, ("4", "?"), strict=True):
        with person_at(studio, person, number) as browser:
            for _ in ("r4", "r5"):
                until(browser, lambda driver: len(sizes_of_pictures(driver)) == 5 and all(sizes_of_pictures(driver)))
                assert browser.title != "taken"
                names = [label.text for label in browser.find_elements(By.CSS_SELECTOR, ".ameli .ant-radio-wrapper")]
                assert len(names) == 5
                assert all(HOSTILE_NAME in name for name in names[:4])
                assert "Cannot tell" in names[4]
                answer(browser, choice)
    expected = [
        (f"annotator-01 user {user}", review, choice)
        for user, choice in ((1, "4"), (2, "?"))
        for review in ("r4", "r5")
    ]
    for form, path in exports(studio, number, tmp_path).items():
        rows = read_answers(path)
        assert sorted((row.annotator, row.review_id, row.choice) for row in rows) == expected, form
        assert all(row.seconds and row.answered_at for row in rows), form
        assert not import_answers(snapshot, [path], load_settings("demo")).problems, form
        stored = pl.read_parquet(snapshot.root / "sheets" / "answers.parquet")
        assert stored["position"].to_list() == [4, 4, None, None], form


def test_a_mention_is_marked_and_the_right_words_are_read(studio: Studio, snapshot: Snapshot, tmp_path: Path) -> None:
    number = project(studio, snapshot, "mentions")
    with person_at(studio, PEOPLE[0], number) as browser:
        until(
            browser,
            lambda driver: all(sizes_of_pictures(driver)) and driver.find_elements(By.CSS_SELECTOR, ".htx-highlight"),
        )
        assert browser.find_element(By.CSS_SELECTOR, ".htx-highlight").text.startswith("laptop")
        answer(browser, "wrong")
    for form, path in exports(studio, number, tmp_path).items():
        rows = [row for row in read_answers(path) if row.choice]
        assert [(row.choice, row.words, row.task) for row in rows] == [("wrong", "", "mentions")], form
