"""Runs the browser's driver while the crawl runs, then removes all its processes and files.

Started as a script in its own session, with a pipe from the crawler as standard input. When the pipe ends, even because
the crawler was killed, it kills the driver and its browser and removes their folder. If this process is killed, the
crawler does so (`clear`); if both are killed, a shell in another session does. The folder has the browser's profile and
is the home and temporary folder of its processes. Imports only the standard library, to start fast.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

_TRIES, _POLL_SECONDS = 200, 0.02
_LAST = """
read -r over && exit
kill -9 "-$1"; sleep 1; kill -9 "-$1"
for try in 1 2 3 4; do rm -rf "$2" && exit; sleep 1; done
"""
"""Shell script that waits for the end of this process: a line means cleared, the end of the pipe means killed.

The driver and its browser are in this process's group. The second kill is for processes that were just starting.
"""


def main(folder: str, command: list[str]) -> int:
    """Make `folder`; run `command` until it or standard input ends; then kill the session and remove `folder`.

    Raises OSError if the folder exists or cannot be made.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Path(folder).mkdir(0o700)
    environment = os.environ | dict.fromkeys(("TMPDIR", "HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), folder)
    last = subprocess.Popen(
        ["/bin/sh", "-c", _LAST, "sh", str(os.getpgid(0)), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    driver = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment)
    signal.signal(signal.SIGTERM, lambda *_: driver.kill())
    threading.Thread(target=_kill_at_end_of_input, args=(driver,), daemon=True).start()
    status = driver.wait()
    clear(os.getsid(0), folder)
    last.communicate(b"\n")
    return max(0, status)


def clear(session: int, folder: str) -> None:
    """Kill all processes of a session except this process, and remove the folder; try again until both are done.

    Chromium's handlers of crashes have sessions of their own. They end after the browser, and write to the folder until
    then.
    """
    for _ in range(_TRIES):
        others = [process for process in session_members(session) if process != os.getpid()]
        for process in others:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        if not others:
            shutil.rmtree(folder, ignore_errors=True)
            if not os.path.lexists(folder):
                return
        time.sleep(_POLL_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)


def session_members(session: int) -> list[int]:
    """The living processes of a session; empty without /proc."""
    members = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] not in "ZX":  # zombies may wait long for their parent
                members.append(int(entry.name))
    return members


def _kill_at_end_of_input(driver: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1):
        continue
    driver.kill()


if __name__ == "__main__":
    os._exit(main(sys.argv[1], sys.argv[2:]))  # the reading thread would delay a regular exit
