"""Errors that a user can act on; the command line prints each on a line."""

from __future__ import annotations


class AmeliError(Exception):
    """An error that a user can act on; its text is a line that names the file, record or setting at fault."""

    exit_code = 1


class RunFailed(AmeliError):
    """A run that could not finish; exit status 1."""


class Outage(RunFailed):
    """A host did not answer: no connection, timeouts, status 5xx. The same run may succeed later."""


class Refused(RunFailed):
    """A host refused: status 403, block pages, a used-up quota. An immediate retry would be hammering."""


class Held(RunFailed):
    """Another run is working in the snapshot."""


class Incomplete(RunFailed):
    """Everything ran, but the data set is not complete; raised with `run.strict` only."""


class UnusableInput(AmeliError):
    """Wrong usage or unusable input; exit status 2."""

    exit_code = 2
