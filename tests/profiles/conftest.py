"""The loopback hub for the tests of profiles."""

from hub.fixtures import hub_folder

__all__ = ["hub_folder"]
