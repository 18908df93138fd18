"""Runs the browser's driver for as long as the crawl lives, and leaves nothing behind when it is gone.

Started as a script in a session of its own, with a pipe from the crawler as standard input: when that pipe ends, even
because the crawler was killed, the driver and its browser are killed and their folder is removed. Where this process is
killed, the crawler does the same (`clear`), and so does a shell in another session, which outlives a kill of both. That
folder holds the browser's profile and is the home and temporary folder of all its processes. Uses the standard library
alone, so that it starts at once.
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

_LOOKS, _LOOK_SECONDS = 200, 0.02
_LAST = 'read -r over || { kill -9 "-$1"; sleep 1; kill -9 "-$1"; rm -rf "$2"; }'
"""A shell's wait for the end of this process: a line says that all is cleared, the end of the pipe that it was killed.

The driver and its browser stay in this process's group; the second kill is for those that were just being started.
"""


def main(folder: str, command: list[str]) -> int:
    """Make `folder`, run `command` until it ends or standard input does; then end its whole session, remove `folder`.

    Raises OSError where the folder cannot be made or is already there.
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
    """Kill all processes of a session but this one, also those that they start meanwhile; remove the folder."""
    for _ in range(_LOOKS):
        others = [one for one in session_members(session) if one != os.getpid()]
        for process in others:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        if not others:
            break
        time.sleep(_LOOK_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)


def session_members(session: int) -> list[int]:
    """The living processes of a session; none where there is no /proc."""
    members = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] not in "ZX":  # a dead one may wait long for its parent
                members.append(int(entry.name))
    return members


def _kill_at_end_of_input(driver: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1):
        continue
    driver.kill()


if __name__ == "__main__":
    os._exit(main(sys.argv[1], sys.argv[2:]))  # the thread that reads would hold up an orderly exit
