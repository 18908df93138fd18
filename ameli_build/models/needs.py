"""The models that a command needs. They are checked before any long work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ameli_build.core.devices import best_device
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.settings.models import ROLES as MODEL_ROLES
from ameli_build.core.text import gigabytes
from ameli_build.models.sources import Source, setting_of, sources_of

ROLES = ("tokenizer", *MODEL_ROLES)
"""Settings below `models` that name a model, and `tokenizer` for `clean.tokenizer`."""

LIBRARIES = 1_200_000_000
"""Memory of PyTorch and related libraries in a process, in bytes; measured with the small models."""
SPREAD = 1.5
"""Memory of a loaded model with its activations, in multiples of the size of its files."""


@dataclass(frozen=True, slots=True)
class Need:
    """A model that the settings name, and the sources of its files."""

    role: str
    name: str
    sources: tuple[Source, ...]

    def problems(self) -> list[str]:
        """Why the model cannot be used; empty if it can."""
        found = [(source, source.problem()) for source in self.sources]
        several = len(self.sources) > 1
        return [f"{source.label}: {problem}" if several else problem for source, problem in found if problem]

    @property
    def size(self) -> int:
        """Size of the files in bytes."""
        return sum(source.facts.size for source in self.sources)


def roles_named(names: Sequence[str] | None) -> Sequence[str]:
    """The roles of the option `--role`; without it, all roles. Raises `UnusableInput` for an unknown role."""
    for name in names or ():
        if name not in ROLES:
            raise UnusableInput(f"--role {name}: no such role (one of {', '.join(ROLES)})")
    return names or ROLES


def name_of(settings: Settings, role: str) -> str:
    """The name of a role's model in the settings; "" for none."""
    return settings.clean.tokenizer if role == "tokenizer" else str(getattr(settings.models, role))


def needs_of(settings: Settings, roles: Iterable[str] = ROLES) -> list[Need]:
    """The models of these roles, without empty settings. Raises `UnusableInput` for a name of unknown form."""
    named = [(role, name_of(settings, role)) for role in ROLES if role in set(roles)]
    return [Need(role, name, sources_of(role, name)) for role, name in named if name]


def require_device(settings: Settings, roles: Iterable[str] = ROLES) -> None:
    """Raise `UnusableInput` if the settings require a GPU for these roles and PyTorch finds none."""
    models = settings.models
    own = {f"models.{role}.device": device for role, device in models.devices.items() if role in set(roles)}
    for setting, device in ({"models.device": models.device} | own).items():
        if device.startswith("cuda") and best_device() == "cpu":
            raise UnusableInput(
                f"setting {setting}: {device}: there is no GPU here that PyTorch can use "
                "(auto uses a GPU only if there is one)"
            )


def require(settings: Settings, roles: Iterable[str], elsewhere: bool = False) -> None:
    """Raise `UnusableInput` with all missing models of these roles; otherwise log the memory that they need.

    With `elsewhere`, the models run on other machines, and this machine needs no GPU.
    """
    if not elsewhere:
        require_device(settings, roles)
    needs = needs_of(settings, roles)
    missing = [need for need in needs if need.problems()]
    if missing:
        names = [f"{setting_of(need.role)} {need.name} ({'; '.join(need.problems())})" for need in missing]
        raise UnusableInput(
            f"{len(missing)} of {len(needs)} models are missing: {', '.join(names)}. "
            f"Run `ameli models fetch --profile {settings.profile}`"
        )
    if sum(need.size for need in needs) > LIBRARIES:
        say(f"models: {memory_text(settings, needs)}")


def memory_text(settings: Settings, needs: Sequence[Need]) -> str:
    """A sentence about the size of the models' files and the approximate memory that they need."""
    weights = sum(need.size for need in needs)
    where = "in one process" if settings.models.in_one_process else "in each worker"
    memory = LIBRARIES + SPREAD * weights
    return f"{gigabytes(weights)} of files, about {gigabytes(memory)} of memory {where} ({settings.models.device})"


def fetch(settings: Settings, roles: Iterable[str] = ROLES) -> list[str]:
    """Fetch the missing models of these roles.

    Returns:
        The names of the fetched sources.

    Raises:
        RunFailed: Some sources failed. The message names them all; the others were fetched.
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
        raise RunFailed(f"{len(failed)} of {len(wanted)} could not be fetched: {'; '.join(failed)}")
    return fetched
