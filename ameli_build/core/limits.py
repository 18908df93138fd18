"""The limits of this process: address space and open files.

Short of memory, libraries end the process with a message of their own or none, and raise nothing. So the limits are
checked before the libraries are loaded.
"""

from __future__ import annotations

import errno
import resource

from ameli_build.core.errors import RunFailed

LEAST_BYTES = 1_500_000_000
"""Address space that the libraries for tables and models take before any work."""
LEAST_FILES = 64
WANTED_FILES = 4096

AGAIN = "run the same command again to go on"
SHORT = f"out of memory: {AGAIN}, with fewer --workers, a smaller models.batch or a higher limit"

_SHORT = ("failed to map segment", "cannot allocate memory", "can't allocate memory", "bad_alloc", "out of memory")
_THREADS = "can't start new thread"


def require_room() -> None:
    """Raise the limit of open files, at most to `WANTED_FILES`. Raises `RunFailed` if a limit is too low to work."""
    space, _ = resource.getrlimit(resource.RLIMIT_AS)
    if space != resource.RLIM_INFINITY and space < LEAST_BYTES:
        raise RunFailed(
            f"address space is limited to {space:,} bytes, and at least {LEAST_BYTES:,} are needed (ulimit -v)"
        )
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if most == resource.RLIM_INFINITY else min(WANTED_FILES, most)
    if files != resource.RLIM_INFINITY and files < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
        files = wanted
    if files != resource.RLIM_INFINITY and files < LEAST_FILES:
        raise RunFailed(f"only {files} files may be open, and at least {LEAST_FILES} are needed (ulimit -n)")


def limit_message(error: BaseException) -> str:
    """The message for an error whose cause is a limit of this process; "" for any other error."""
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return f"too many open files: {AGAIN}, with fewer --workers or a higher limit (ulimit -n)"
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return SHORT
    text = str(error).lower()
    if isinstance(error, RuntimeError | ImportError) and any(word in text for word in _SHORT):
        return SHORT
    if isinstance(error, RuntimeError) and _THREADS in text:
        return f"no more threads can be started: {AGAIN}, with fewer --workers or a higher limit (ulimit -u, -v)"
    return ""
