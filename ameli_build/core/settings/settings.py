"""All sections together."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from ameli_build.core.settings.baseline import BaselineSettings
from ameli_build.core.settings.crawl import CrawlSettings
from ameli_build.core.settings.models import ModelSettings
from ameli_build.core.settings.release import ReleaseSettings, ReportSettings, SheetSettings
from ameli_build.core.settings.run import RunSettings
from ameli_build.core.settings.stages import (
    CandidateSettings,
    CleanSettings,
    InformativenessSettings,
    MentionSettings,
    SplitSettings,
)


class Settings(BaseModel):
    """All settings of a run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: str = "small"
    run: RunSettings = RunSettings()
    crawl: CrawlSettings = CrawlSettings()
    models: ModelSettings = ModelSettings()
    clean: CleanSettings = CleanSettings()
    mentions: MentionSettings = MentionSettings()
    informativeness: InformativenessSettings = InformativenessSettings()
    candidates: CandidateSettings = CandidateSettings()
    splits: SplitSettings = SplitSettings()
    release: ReleaseSettings = ReleaseSettings()
    sheets: SheetSettings = SheetSettings()
    baseline: BaselineSettings = BaselineSettings()
    report: ReportSettings = ReportSettings()

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
