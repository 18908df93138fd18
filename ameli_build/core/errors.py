"""Errors that a user can act on; the command line shows each as one line."""

from __future__ import annotations


class AmeliError(Exception):
    """An error that a user can act on; its text is one line that names the file, record or setting at fault."""

    exit_code = 1


class RunFailed(AmeliError):
    """A run that could not finish; exit status 1."""


class Outage(RunFailed):
    """Something outside was out of order: no connection, timeouts, 5xx. The same run may succeed later."""


class Refused(RunFailed):
    """The other side said no: 403, block pages, a used-up quota. Trying again at once would be hammering."""


class Held(RunFailed):
    """Another run is working in the snapshot."""


class Incomplete(RunFailed):
    """Everything ran, but what came out is not a whole data set; raised where `run.strict` asks for one."""


class UnusableInput(AmeliError):
    """Wrong usage or unusable input; exit status 2."""

    exit_code = 2
