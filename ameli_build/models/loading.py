"""How a model is loaded: what a library raises, and what it only warns of, becomes one error that names the setting."""

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
"""What libraries say when the files are not those of the model: the rest of it would be random, or another model."""
_UNUSED = re.compile(r"\[((?:'[\w.]*pooler[\w.]*'(?:, )?)+)\]")
"""A list of weights that are all a pooler's, which nothing here reads."""


@contextmanager
def loading(role: str, name: str) -> Iterator[None]:
    """Load a model inside; raises `UnusableInput` for any failure, and for a warning that it is not that model.

    Args:
        role: The setting below `models` that names the model, or `tokenizer`.
        name: Its value.
    """
    listener = _Listener()
    loggers = [logging.getLogger(one) for one in ("", "transformers", "sentence_transformers", "timm")]
    for one in loggers:
        one.addHandler(listener)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        said = [*listener.said, *(str(one.message) for one in caught)]
        wrong = next((text for text in said if _MISMATCH.search(text) and not _UNUSED.search(text)), None)
        if wrong is not None:
            raise ValueError(wrong)
    except UnusableInput:
        raise
    except Exception as error:  # the libraries raise whatever they like for a missing model
        raise unavailable(role, name, error) from error
    finally:
        for one in loggers:
            one.removeHandler(listener)


def unavailable(role: str, name: str, cause: BaseException) -> UnusableInput:
    """The error for a model that did not load; `role` is its setting below `models`."""
    if extra := extra_of(cause):
        return UnusableInput(needs(extra, f"setting {setting_of(role)}: the model {name!r}"))
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    why = lines[0] if lines else type(cause).__name__
    return UnusableInput(f"setting {setting_of(role)}: the model {name!r} cannot be had ({why[:200]})")


class _Listener(logging.Handler):
    """Keeps what loggers say."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())
