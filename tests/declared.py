"""Settings that record which fields are read, to compare with the fields that a stage declares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from ameli_build.core.settings import Section, Settings
from ameli_build.core.settings.models import ModelSettings


def noting(settings: Settings, read: set[str]) -> Settings:
    """A copy of the settings that adds the name of each setting to `read` when it is read (`clean.max_tokens`)."""
    sections = {name: value for name, value in settings if isinstance(value, Section)}
    noted = {name: _noting(section, f"{name}.", list(section), read) for name, section in sections.items()}
    plain = [(name, value) for name, value in settings if name not in sections]
    copy: Settings = _noting(settings, "", plain, read, noted)
    return copy


def _noting(
    value: BaseModel, prefix: str, fields: list[tuple[str, Any]], read: set[str], more: dict[str, Any] | None = None
) -> Any:
    names = {name for name, _ in fields}
    kind: Any = type(value)

    class Noting(kind):
        def __getattribute__(self, name: str) -> Any:
            if name in names:
                read.add(f"{prefix}{name}")
            elif name == "__pydantic_serializer__":  # of all fields at once
                read.update(f"{prefix}{name}" for name in names)
            return super().__getattribute__(name)

        def __iter__(self) -> Iterator[tuple[str, Any]]:
            read.update(f"{prefix}{name}" for name in names if more is None)
            yield from super().__iter__()

        def device_of(self, role: str) -> str:
            assert isinstance(value, ModelSettings)
            read.add(f"{prefix}{role}.device")
            return value.device_of(role)

    return Noting.model_construct(**dict(fields), **(more or {}))
