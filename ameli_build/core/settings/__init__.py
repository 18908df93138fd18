"""Settings: the sections, their values, and where values come from."""

from ameli_build.core.settings.baseline import BaselineSettings
from ameli_build.core.settings.crawl import CrawlSettings
from ameli_build.core.settings.loading import PROFILES, load_settings
from ameli_build.core.settings.models import ModelSettings
from ameli_build.core.settings.section import Section, unit
from ameli_build.core.settings.settings import Settings, all_settings, sections
from ameli_build.core.settings.stages import InformativenessSettings, SplitSettings
from ameli_build.core.settings.thresholds import THRESHOLDS

__all__ = [
    "PROFILES",
    "THRESHOLDS",
    "BaselineSettings",
    "CrawlSettings",
    "InformativenessSettings",
    "ModelSettings",
    "Section",
    "Settings",
    "SplitSettings",
    "all_settings",
    "load_settings",
    "sections",
    "unit",
]
