"""Loading of models: errors and warnings of the libraries become an error that names the setting."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ameli_build.core.errors import UnusableInput
from ameli_build.core.extras import extra_of, needs
from ameli_build.models.sources import setting_of

_MISMATCH = re.compile(
    r"newly initialized|not initialized from the model checkpoint|size mismatch|initialized randomly"
    r"|initialized partially|QuickGELU mismatch|No sentence-transformers model found|Creating a new one"
    r"|W094|W095",
    re.IGNORECASE,
)
"""Warnings for files that do not fit the model. The library would use random weights, or another model."""
_UNUSED = re.compile(r"\[((?:'[\w.]*pooler[\w.]*'(?:, )?)+)\]")
"""A list of a pooler's weights only; this package does not use poolers."""


@contextmanager
def loading(role: str, name: str) -> Iterator[None]:
    """Context manager for the loading of a model.

    Args:
        role: The setting below `models` that names the model, or `tokenizer`.
        name: The value of the setting.

    Raises:
        UnusableInput: An error was raised inside, or a library warned that the files do not fit the model.
    """
    listener = _Listener()
    loggers = [logging.getLogger(library) for library in ("", "transformers", "sentence_transformers", "timm")]
    for logger in loggers:
        logger.addHandler(listener)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        messages = [*listener.messages, *(str(warning.message) for warning in caught)]
        mismatch = next((text for text in messages if _MISMATCH.search(text) and not _UNUSED.search(text)), None)
        if mismatch is not None:
            raise ValueError(mismatch)
    except UnusableInput:
        raise
    except Exception as error:  # the libraries raise many kinds of errors for a missing model
        raise unavailable(role, name, error) from error
    finally:
        for logger in loggers:
            logger.removeHandler(listener)


def unavailable(role: str, name: str, cause: BaseException) -> UnusableInput:
    """The error for a model that cannot be loaded; `role` is its setting below `models`."""
    if extra := extra_of(cause):
        return UnusableInput(needs(extra, f"setting {setting_of(role)}: the model {name!r}"))
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    why = lines[0] if lines else type(cause).__name__
    return UnusableInput(f"setting {setting_of(role)}: the model {name!r} cannot be loaded ({why[:200]})")


class _Listener(logging.Handler):
    """Collects the messages of loggers."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())
