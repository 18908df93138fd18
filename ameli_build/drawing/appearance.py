"""The appearance of a generated product: the values that determine all its pictures."""

import hashlib
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

Rgb = tuple[int, int, int]

DATA: dict[str, Any] = tomllib.loads(files(__package__).joinpath("appearance.toml").read_text(encoding="utf-8"))
COLOURS: dict[str, Rgb] = {name: (red, green, blue) for name, (red, green, blue) in DATA["colours"].items()}
BRUSHED = frozenset({"Stainless Steel", "Black Stainless Steel", "Slate"})
KINDS: tuple[str, ...] = tuple(DATA["kinds"])
ACCENTS: tuple[Rgb, ...] = tuple(map(tuple, DATA["accents"]))


@dataclass(frozen=True, slots=True)
class Look:
    """The values that determine a product's pictures; equal looks give equal bytes.

    `family` is the seed of properties that variants share (proportions, layout, details, accent). `colour` is a name in
    `COLOURS`. `size` is in 0..1, relative to the family. `label` is printed on the casing ("" for none).
    """

    kind: str
    family: int
    colour: str
    size: float
    label: str

    def __post_init__(self) -> None:
        """Raise ValueError if the kind or the colour is unknown, or the size is outside 0..1."""
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind!r}; known: {', '.join(KINDS)}")
        if self.colour not in COLOURS:
            raise ValueError(f"unknown colour {self.colour!r}; known: {', '.join(COLOURS)}")
        if not 0.0 <= self.size <= 1.0:
            raise ValueError(f"size {self.size!r} is not in 0..1")


@dataclass(frozen=True, slots=True)
class Traits:
    """Random draws by name. A family's draws are always the same and do not depend on their order."""

    kind: str
    family: int

    def draw(self, name: str) -> float:
        """A number in [0, 1) that depends only on kind, family and name."""
        return _draw(f"{self.kind}|{self.family}|{name}")

    def between(self, name: str, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self.draw(name)

    def pick(self, name: str, count: int) -> int:
        """One of 0..count-1."""
        return int(self.draw(name) * count)

    def flip(self, name: str, probability: float = 0.5) -> bool:
        """True for the given share of families."""
        return self.draw(name) < probability

    def accent(self, name: str = "accent") -> Rgb:
        """One of `ACCENTS`."""
        return ACCENTS[self.pick(name, len(ACCENTS))]


@lru_cache(maxsize=20_000)
def _draw(text: str) -> float:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big") / 2**56


def picture_seed(look: Look, purpose: str, seed: int) -> int:
    """A seed for numpy that, unlike Python's `hash`, is the same in every process."""
    text = f"{look.kind}|{look.family}|{look.colour}|{look.size:.6f}|{look.label}|{purpose}|{seed}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
