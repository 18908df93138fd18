"""Settings of the models: a name a role, and how models run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from ameli_build.core.devices import best_device
from ameli_build.core.settings.section import Section, unit

ROLES = (
    *("text_encoder", "image_encoder", "cross_encoder", "nli_encoder", "detector", "ocr", "generator", "implied"),
    *("language", "resnet"),
)
"""Settings that name a model."""


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
    """Device of PyTorch: `auto` (a GPU if available), `cpu`, `cuda`, `cuda:1` and so on; `mps` is untested."""
    devices: Annotated[dict[str, str], unit("role to device")] = Field(default={})
    """Devices of single roles, which `models.ROLE.device` sets (`models.detector.device=cuda`)."""
    processes: Literal["one", "workers"] = "one"
    """Processes that load models: `one`, whose libraries use all processors, or all `workers`. With a GPU, always
    `one`."""
    batch: Annotated[int, unit("texts, pairs or images")] = Field(default=32, ge=1)
    """Inputs of a forward pass."""
    text_backend: Literal["torch", "onnx", "onnx-int8"] = "torch"
    """Runtime of `text_encoder`: PyTorch, ONNX Runtime on the processor, or that with weights of eight bits."""
    precision: Literal["auto", "full"] = "auto"
    """Precision of text and image encoder on a GPU: half if the model allows it, or full. On the processor always
    full."""

    @model_validator(mode="before")
    @classmethod
    def _devices_of_roles(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Take `ROLE.device`, or a table of `name` and `device` as a role."""
        plain, devices = dict(values), dict(values.get("devices", {}))
        for role in ROLES:
            entry = plain.get(role)
            if isinstance(entry, dict):
                if set(entry) - {"name", "device"} or "name" not in entry:
                    raise ValueError(f"{role} is a name, or a table of name and device")
                plain[role] = entry["name"]
                devices |= {role: entry["device"]} if "device" in entry else {}
            if f"{role}.device" in plain:
                devices[role] = plain.pop(f"{role}.device")
        return plain | ({"devices": devices} if devices else {})

    @field_validator("device")
    @classmethod
    def _available_device(cls, device: str) -> str:
        return best_device() if device == "auto" else device

    @field_validator("devices")
    @classmethod
    def _known_roles(cls, devices: dict[str, str]) -> dict[str, str]:
        for role in devices:
            if role not in ROLES:
                raise ValueError(f"{role} is no role (one of {', '.join(ROLES)})")
        return {role: best_device() if device == "auto" else device for role, device in sorted(devices.items())}

    def device_of(self, role: str) -> str:
        """The device of a role's model."""
        return self.devices.get(role, self.device)

    @property
    def pair_role(self) -> str:
        """The role whose model encodes pairs of texts (section 4.4)."""
        return "nli_encoder" if self.nli_encoder else "text_encoder"

    def loads_once(self, role: str) -> bool:
        """Whether one process of a machine loads the role's model, not each worker."""
        return self.processes == "one" or self.device_of(role) != "cpu"

    @property
    def in_one_process(self) -> bool:
        """Whether a single process loads some of the models, not each worker."""
        return any(map(self.loads_once, ROLES))
