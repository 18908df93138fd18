"""The page of a team in Chromium: answers are saved immediately, also across a kill of the server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.annotation.team_world import ServerProcess, snapshot_of
from tests.chromium import chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def press(browser: webdriver.Chrome, *keys: str) -> None:
    for key in keys:
        ActionChains(browser).send_keys(key).perform()


def state(browser: webdriver.Chrome) -> str:
    return browser.find_element(By.ID, "team-state").text


def wait(browser: webdriver.Chrome, condition: Callable[[], bool]) -> None:
    WebDriverWait(browser, 30, 0.05).until(lambda _: condition())


def open_sheet(browser: webdriver.Chrome, link: str) -> None:
    """Open a sheet, and close the guide that it may show first."""
    browser.get(link)
    browser.execute_script("document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close())")


def test_answers_reach_the_server_across_a_kill(tmp_path: Path) -> None:
    server = ServerProcess(snapshot_of(tmp_path / "snapshot", 3), 1, 0)
    server.start()
    link = server.links["sheet-01"]
    try:
        with chromium("1400,1000", ("browser",)) as browser:
            open_sheet(browser, link)
            assert state(browser) == "all saved on the server"
            press(browser, "4", Keys.ENTER)
            wait(browser, lambda: len(server.saved()) == 1)
            wait(browser, lambda: state(browser) == "all saved on the server")
            server.kill()
            press(browser, "0", "c", "</script><!-- sure", Keys.ESCAPE)
            wait(browser, lambda: "the server is silent: 2 answers" in state(browser))
            assert len(server.saved()) == 1
            server.start()
            wait(browser, lambda: state(browser) == "all saved on the server")
            given = dict(server.saved())
            assert sorted(given.values(), key=str) == ["4", "?", None]  # the third has a comment only
            progress = browser.find_element(By.ID, "progress-text").text
            assert progress == "2 of 3 answered"
        with chromium("1400,1000", ("browser",)) as browser:  # as on another machine
            open_sheet(browser, link)
            wait(browser, lambda: browser.find_element(By.ID, "progress-text").text == progress)
            log = browser.get_log("browser")  # type: ignore[no-untyped-call]
            assert [entry for entry in log if entry["level"] == "SEVERE"] == []
            browser.get(server.links["lead"])
            assert "2 of 3" in browser.find_element(By.TAG_NAME, "main").text
    finally:
        server.kill()


def test_an_answer_waits_in_a_closed_page(tmp_path: Path) -> None:
    """The browser leaves the page while the server is down; the page sends the answer when it is opened again."""
    server = ServerProcess(snapshot_of(tmp_path / "snapshot", 2), 1, 0)
    server.start()
    try:
        with chromium("390,900", ("browser",)) as browser:
            open_sheet(browser, server.links["sheet-01"])
            server.kill()
            press(browser, "3", Keys.ENTER)
            wait(browser, lambda: "silent" in state(browser))
            browser.execute_script("window.addEventListener('beforeunload', (e) => e.stopImmediatePropagation(), true)")
            browser.get("about:blank")
            server.start()
            assert server.saved() == {}
            open_sheet(browser, server.links["sheet-01"])
            wait(browser, lambda: list(server.saved().values()) == ["3"])
            assert browser.find_element(By.ID, "progress-text").text == "1 of 2 answered"
    finally:
        server.kill()


def end(browser: webdriver.Chrome) -> str:
    return browser.find_element(By.ID, "done-text").text


def test_the_end_names_answers_that_the_server_does_not_have(tmp_path: Path) -> None:
    """While the server is silent, after a refusal, and when the answers have arrived."""
    server = ServerProcess(snapshot_of(tmp_path / "snapshot", 3), 1, 0)
    server.start()
    try:
        with chromium("1400,1000", ("browser",)) as browser:
            open_sheet(browser, server.links["sheet-01"])
            press(browser, "4", Keys.ENTER)
            wait(browser, lambda: state(browser) == "all saved on the server")
            server.kill()
            press(browser, "0", "2", Keys.ENTER)
            assert "does not have all answers yet: " in end(browser)
            wait(browser, lambda: end(browser).endswith("2 answers will be sent again."))
            server.start()
            wait(browser, lambda: end(browser).endswith("The server has your answers: there is nothing to send."))
            assert len(server.saved()) == 3
            browser.execute_script("window.fetch = async () => new Response('too late', { status: 422 })")
            press(browser, "1", Keys.ENTER)
            wait(browser, lambda: end(browser).endswith("the server refused 1 answer: too late."))
            assert not browser.find_element(By.ID, "done-save").is_displayed()
            browser.refresh()  # sends it again, to a server that takes it
            wait(browser, lambda: end(browser).endswith("there is nothing to send."))
    finally:
        server.kill()
