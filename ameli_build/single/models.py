"""The models for linking, from exports if possible, loaded at their first use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ameli_build.core.cache import Work
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.models import ImageEncoder, TextEncoder
from ameli_build.models.pairs import PairEncoder, load_pair_encoder
from ameli_build.models.text import load_text_encoder
from ameli_build.models.vision import load_image_encoder
from ameli_build.single.encoders import Exported, ExportedPairs, ExportedPictures, ExportedTexts
from ameli_build.single.index import EXPORTS


@dataclass(frozen=True, slots=True)
class Models:
    """Encoders and trained networks. `exported` has the index's entry for each encoder."""

    settings: Settings
    exports: Path
    trained: Path
    exported: Mapping[str, Mapping[str, Any] | None]
    held: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshot: Snapshot, settings: Settings, about: Mapping[str, Any], trained: Path) -> Models:
        """Models with the exports in the cache; an encoder without an export runs in PyTorch."""
        exports = Work.of(snapshot, settings).folder(EXPORTS)
        there = {
            role: entry if entry is not None and (exports / entry["folder"]).is_dir() else None
            for role, entry in about["encoders"].items()
        }
        return cls(settings, exports, trained, there)

    def texts(self) -> TextEncoder:
        """The encoder of reviews and product texts."""
        models = self.settings.models
        encoder: TextEncoder = self._once(
            "texts",
            ExportedTexts.load,
            lambda: load_text_encoder(models.text_encoder, models.device_of("text_encoder"), models.batch),
        )
        return encoder

    def pairs(self) -> ExportedPairs | PairEncoder:
        """The encoder of a review with a hypothesis."""
        models, name = self.settings.models, self.settings.models.nli_encoder or self.settings.models.text_encoder
        limit = self.settings.baseline.max_tokens
        encoder: ExportedPairs | PairEncoder = self._once(
            "pairs",
            ExportedPairs.load,
            lambda: load_pair_encoder(name, models.device_of(models.pair_role), models.batch, limit),
        )
        return encoder

    def pictures(self) -> ExportedPictures | ImageEncoder:
        """The encoder of pictures."""
        models = self.settings.models
        encoder: ExportedPictures | ImageEncoder = self._once(
            "pictures",
            ExportedPictures.load,
            lambda: load_image_encoder(models.image_encoder, models.device_of("image_encoder"), models.batch),
        )
        return encoder

    def network(self, name: str) -> Exported:
        """A trained network, `head` or `adapter`."""
        if name not in self.held:
            self.held[name] = Exported.load(self.trained / f"{name}.onnx")
        network: Exported = self.held[name]
        return network

    def _once(self, role: str, load: Any, plain: Any) -> Any:
        if role not in self.held:
            entry = self.exported[role]
            if entry is None:
                self.held[role] = plain()
            else:
                options = {key: value for key, value in entry.items() if key != "folder"}
                self.held[role] = load(self.exports / entry["folder"], **options)
        return self.held[role]
