"""Settings of the models: a name a role, and how models run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from ameli_build.core.devices import best_device
from ameli_build.core.settings.section import Section, unit


class ModelSettings(Section):
    """Models by name; `docs/models.md` lists the forms of a name."""

    text_encoder: str = "bundled:minilm"
    """Sentence encoder for titles, descriptions and reviews."""
    image_encoder: str = "bundled:tiny-clip"
    """Encoder for product and review images."""
    cross_encoder: str = ""
    """Model that scores a review and a product text together. Empty: none."""
    nli_encoder: str = ""
    """Encoder of the text module (section 4.4). Empty: that of `text_encoder`."""
    detector: str = "saliency"
    """Object detector of filter 7 (section 3.2). `whole`: none, each photograph is its own patch."""
    ocr: str = "rapidocr"
    """Reader of texts in photographs (section 4.2)."""
    generator: str = ""
    """Causal language model that completes attribute values (section 4.2). Empty: none."""
    implied: str = ""
    """Model for natural-language inference or question answering that finds implied values. Empty: none."""
    language: str = "bundled:en"
    """spaCy pipeline that tags and parses texts (section 3.3)."""
    resnet: str = ""
    """Image classifier of the baselines V2VEL and V2VTEL (Table 5). Empty: none."""
    device: str = Field(default="auto", validate_default=True)
    """Device of PyTorch: `auto` (a GPU where there is one), `cpu`, `cuda`, `cuda:1` and so on; `mps` is untested."""
    processes: Literal["one", "workers"] = "one"
    """Processes that load models: one, whose libraries use all processors, or each worker. With a GPU always one."""
    batch: Annotated[int, unit("texts, pairs or images")] = Field(default=32, ge=1)
    """Inputs of one forward pass."""
    text_backend: Literal["torch", "onnx", "onnx-int8"] = "torch"
    """Runtime of `text_encoder`: PyTorch, ONNX Runtime on the processor, or that with weights of eight bits."""
    precision: Literal["auto", "full"] = "auto"
    """Precision of text and image encoder on a GPU: half if the model allows it, or full. On the processor always
    full."""

    @field_validator("device")
    @classmethod
    def _available_device(cls, device: str) -> str:
        return best_device() if device == "auto" else device

    @property
    def in_one_process(self) -> bool:
        """Whether one process loads the models, not each worker."""
        return self.processes == "one" or self.device != "cpu"
