"""The loopback hub for the tests of models."""

from hub.fixtures import hub, hub_folder

__all__ = ["hub", "hub_folder"]
