"""All sections together."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

from ameli_build.core.declared import added_stages, clean_section
from ameli_build.core.settings.baseline import BaselineSettings
from ameli_build.core.settings.crawl import CrawlSettings
from ameli_build.core.settings.models import ModelSettings
from ameli_build.core.settings.release import ReleaseSettings, ReportSettings, SheetSettings
from ameli_build.core.settings.run import RunSettings
from ameli_build.core.settings.section import Section
from ameli_build.core.settings.stages import (
    CandidateSettings,
    InformativenessSettings,
    MentionSettings,
    SplitSettings,
)

if TYPE_CHECKING:
    CleanSettings = Any  # a room above declares it; with `section(CleanSettings)` its settings have types

S = TypeVar("S", bound=Section)


def _clean() -> Any:
    return clean_section()()


class Settings(BaseModel):
    """All settings of a run. `all_settings` adds the sections of the stages in `ameli_build/stages`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: str = "small"
    run: RunSettings = RunSettings()
    crawl: CrawlSettings = CrawlSettings()
    models: ModelSettings = ModelSettings()
    clean: CleanSettings = Field(default_factory=_clean)
    mentions: MentionSettings = MentionSettings()
    informativeness: InformativenessSettings = InformativenessSettings()
    candidates: CandidateSettings = CandidateSettings()
    splits: SplitSettings = SplitSettings()
    release: ReleaseSettings = ReleaseSettings()
    sheets: SheetSettings = SheetSettings()
    baseline: BaselineSettings = BaselineSettings()
    report: ReportSettings = ReportSettings()

    @classmethod
    def model_rebuild(cls, **given: Any) -> bool | None:
        """Complete the class with the section `clean`. Pydantic calls this before the first use."""
        return super().model_rebuild(**given | {"_types_namespace": {"CleanSettings": clean_section()}})

    def section(self, kind: type[S]) -> S:
        """The section that a room declares (`clean`, and each stage in `ameli_build/stages`), given by its class."""
        return next((value for _, value in self if isinstance(value, kind)), None) or kind()

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (dict(self),)

    @property
    def compared(self) -> str:
        """Comparison and models of section 3.4, for which its thresholds hold."""
        how, models = self.informativeness, self.models
        texts = models.cross_encoder if how.similarity == "cross-encoder" else models.text_encoder
        return f"{how.match} values, texts by {how.similarity} of {texts}, pictures by {models.image_encoder}"

    @property
    def has_strange_thresholds(self) -> bool:
        """Whether section 3.4's thresholds were found for another comparison than this run's."""
        return self.informativeness.thresholds_for not in ("", self.compared)


@cache
def all_settings() -> type[Settings]:
    """`Settings` with the sections of the stages in `ameli_build/stages`."""
    Settings.model_rebuild()
    added: dict[str, Any] = {
        stage.name: (stage.settings, stage.settings()) for stage in added_stages() if stage.settings is not None
    }
    return create_model("AllSettings", __base__=Settings, **added) if added else Settings


def sections() -> dict[str, type[Section]]:
    """The class of each section, by its name."""
    kinds = ((name, field.annotation) for name, field in all_settings().model_fields.items())
    return {name: kind for name, kind in kinds if isinstance(kind, type) and issubclass(kind, Section)}


def _restored(values: dict[str, Any]) -> Settings:
    """Settings that another process has sent: `create_model` makes a class that pickle cannot find by its name."""
    return all_settings().model_construct(**values)
