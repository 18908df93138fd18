"""File systems at URLs, by fsspec."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ameli_build.core.errors import AmeliError, RunFailed, UnusableInput
from ameli_build.core.extras import MissingExtra, needs

_PROTOCOLS = {"s3": ("s3", "s3a"), "gcs": ("gs", "gcs"), "azure": ("abfs", "abfss", "az")}
"""The protocols of each extra."""


def file_system(url: str, who: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it.

    Args:
        url: An fsspec URL, or a path on this machine.
        who: The setting or argument with the URL, for errors.

    Raises:
        MissingExtra: The library of the protocol is not installed.
        UnusableInput: There is no such protocol.
    """
    import fsspec

    protocol = fsspec.utils.get_protocol(url)
    options = {"auto_mkdir": True} if protocol == "file" else {}
    try:
        files, path = fsspec.core.url_to_fs(url, **options)
    except ImportError as error:
        extra = next((extra for extra, protocols in _PROTOCOLS.items() if protocol in protocols), "")
        raise (MissingExtra(needs(extra, who)) if extra else UnusableInput(f"{who}: {error}")) from None
    except ValueError as error:
        raise UnusableInput(f"{who}: {error}") from None
    return files, str(path).rstrip("/")


@contextmanager
def plain_errors(url: str) -> Iterator[None]:
    """Name the URL in errors, of which each file system has its own; `FileNotFoundError` is that of all."""
    try:
        yield
    except (AmeliError, FileNotFoundError):
        raise
    except Exception as error:
        hint = "" if isinstance(error, PermissionError) else "; run again to continue"
        raise RunFailed(f"{url}: {error or type(error).__name__}{hint}") from error
