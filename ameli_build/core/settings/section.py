"""The base class of a section of settings, and the units of values.

The docstring below a setting is its meaning, `Annotated[int, unit("rows")]` its unit. Both appear in `help()`, in the
JSON Schema and in `docs/settings.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


def unit(name: str) -> Any:
    """The unit of a number, for use in `Annotated`."""
    return Field(json_schema_extra={"unit": name})


Bytes = Annotated[int, unit("bytes")]
Cosine = Annotated[float, unit("cosine, -1 to 1")]
Epochs = Annotated[int, unit("epochs")]
LearningRate = Annotated[float, unit("per step")]
Probability = Annotated[float, unit("probability, 0 to 1")]
Seconds = Annotated[float, unit("seconds")]
Share = Annotated[float, unit("share, 0 to 1")]
Tokens = Annotated[int, unit("tokens")]


@dataclass(frozen=True, slots=True)
class Described:
    """A setting as a reader sees it: its name, its default, its unit or its choices, and its meaning."""

    name: str
    default: Any
    unit: str
    meaning: str


class Section(BaseModel):
    """A group of settings; an unknown name in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Append the settings to the docstring, which `help()` shows."""
        lines = [
            f"    {setting.name} ({setting.unit}; default {setting.default!r}): {setting.meaning}"
            for setting in cls.described()
        ]
        cls.__doc__ = "\n".join([cls.__doc__ or "", "", "Attributes:", *lines])

    @classmethod
    def described(cls) -> Iterator[Described]:
        """Every setting of the section, in the order of the source."""
        for name, field in cls.model_fields.items():
            yield Described(name, field.default, _unit_of(field), " ".join((field.description or "").split()))


def _unit_of(field: FieldInfo) -> str:
    """The unit of a number, or the values that another setting can take; "" for a number without unit."""
    if isinstance(field.json_schema_extra, dict):
        return str(field.json_schema_extra["unit"])
    return _values_of(field.annotation)


def _values_of(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(map(str, get_args(kind)))
    if get_origin(kind) is tuple:
        return f"list of {_values_of(get_args(kind)[0])}"
    return {bool: "true or false", str: "text"}.get(kind, "")
