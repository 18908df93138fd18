"""Which models a command needs, and whether they are there: asked before any long work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ameli_build.core.devices import best_device
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.text import gigabytes
from ameli_build.models.sources import Source, setting_of, sources_of

ROLES = (
    "tokenizer",
    "text_encoder",
    "image_encoder",
    "cross_encoder",
    "nli_encoder",
    "detector",
    "ocr",
    "generator",
    "implied",
    "language",
    "resnet",
)
"""Settings below `models` that name a model, and `tokenizer` for `clean.tokenizer`."""

LIBRARIES = 1_200_000_000
"""Bytes that PyTorch and the libraries around it take in a process, measured with the small models."""
SPREAD = 1.5
"""A loaded model, its weights in full precision and what it computes, in multiples of its files."""


@dataclass(frozen=True, slots=True)
class Need:
    """A model that the settings name, and where its files come from."""

    role: str
    name: str
    sources: tuple[Source, ...]

    def problems(self) -> list[str]:
        """Why it cannot be used; empty where it can."""
        found = [(source, source.problem()) for source in self.sources]
        several = len(self.sources) > 1
        return [f"{source.label}: {problem}" if several else problem for source, problem in found if problem]

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(source.facts.size for source in self.sources)


def roles_named(names: Sequence[str] | None) -> Sequence[str]:
    """The roles of `--role`, all of them without it; raises `UnusableInput` for one that is none."""
    for name in names or ():
        if name not in ROLES:
            raise UnusableInput(f"--role {name}: no such role (one of {', '.join(ROLES)})")
    return names or ROLES


def name_of(settings: Settings, role: str) -> str:
    """The model's name in the settings, "" for none."""
    return settings.clean.tokenizer if role == "tokenizer" else str(getattr(settings.models, role))


def needs_of(settings: Settings, roles: Iterable[str] = ROLES) -> list[Need]:
    """The models of some roles, those that are not set left out; raises `UnusableInput` for a name of no known form."""
    named = [(role, name_of(settings, role)) for role in ROLES if role in set(roles)]
    return [Need(role, name, sources_of(role, name)) for role, name in named if name]


def require_device(settings: Settings) -> None:
    """Raise `UnusableInput` where the settings ask for a GPU and there is none."""
    if settings.models.device.startswith("cuda") and best_device() == "cpu":
        raise UnusableInput(
            f"setting models.device: {settings.models.device}: there is no GPU here that PyTorch can use "
            "(auto takes a GPU only where there is one)"
        )


def require(settings: Settings, roles: Iterable[str]) -> None:
    """Raise one `UnusableInput` that names every model of these roles that is not there; else tell the memory."""
    require_device(settings)
    needs = needs_of(settings, roles)
    missing = [need for need in needs if need.problems()]
    if missing:
        told = [f"{setting_of(need.role)} {need.name} ({'; '.join(need.problems())})" for need in missing]
        raise UnusableInput(
            f"{len(missing)} of {len(needs)} models are not there: {', '.join(told)}. "
            f"`ameli models fetch --profile {settings.profile}` fetches what can be fetched"
        )
    if sum(need.size for need in needs) > LIBRARIES:
        say(f"models: {memory_text(settings, needs)}")


def memory_text(settings: Settings, needs: Sequence[Need]) -> str:
    """How much the models weigh and about how much memory they take, in words."""
    weights = sum(need.size for need in needs)
    where = "in one process" if settings.models.in_one_process else "in each worker"
    memory = LIBRARIES + SPREAD * weights
    return f"{gigabytes(weights)} of files, about {gigabytes(memory)} of memory {where} ({settings.models.device})"


def fetch(settings: Settings, roles: Iterable[str] = ROLES) -> list[str]:
    """Fetch what is not there; the names of what was fetched.

    Raises:
        RunFailed: Something could not be had. The message names all of it; the rest is there.
    """
    needs = needs_of(settings, roles)
    wanted = list(dict.fromkeys(source for need in needs for source in need.sources if source.problem(whole=True)))
    failed, fetched = [], []
    for number, source in enumerate(wanted, 1):
        say(f"{number} of {len(wanted)}: {source.label}, {gigabytes(source.facts.size)}")
        try:
            source.fetch()
            fetched.append(source.label)
        except RunFailed as error:
            failed.append(str(error))
    if failed:
        raise RunFailed(f"{len(failed)} of {len(wanted)} could not be had: {'; '.join(failed)}")
    return fetched
