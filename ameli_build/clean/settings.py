"""The section `clean`: the settings of each rule, which stand in the rule's file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, create_model

from ameli_build.clean.decoding import DecodingSettings
from ameli_build.clean.length import LengthSettings
from ameli_build.clean.objects import ObjectSettings
from ameli_build.clean.personal import PersonalSettings
from ameli_build.clean.profanity import ProfanitySettings
from ameli_build.clean.variants import VariantSettings
from ameli_build.core.filters import FILTERS
from ameli_build.core.settings.section import Section, unit

_ADDED: dict[str, Any] = {
    rule.setting: (Annotated[float, unit(rule.unit)], Field(default=rule.default, description=rule.help))
    for rule in FILTERS
}
if TYPE_CHECKING:
    _AddedFilters = Section
else:
    _AddedFilters = create_model("_AddedFilters", __base__=Section, **_ADDED)


class CleanSettings(
    ObjectSettings,
    PersonalSettings,
    DecodingSettings,
    ProfanitySettings,
    VariantSettings,
    LengthSettings,
    _AddedFilters,
):
    """Section 3.2: the seven filters."""
