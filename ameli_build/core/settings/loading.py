"""The sources of settings, and their order.

From weak to strong: the defaults, the profile, the snapshot's own files (`settings/*.toml`, such as the calibrated
thresholds in `informativeness.toml`), the environment (`AMELI_CLEAN__MAX_TOKENS`), `--set clean.max_tokens=400`.

A snapshot can come from anybody. Its files can set thresholds, rules and texts, but no model, no URL and no path
outside the snapshot (`OF_A_SNAPSHOT`).
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings.models import ROLES
from ameli_build.core.settings.settings import Settings, all_settings, sections
from ameli_build.core.settings.thresholds import credit, disown_strange, informativeness_of
from ameli_build.core.snapshot import Snapshot

PROFILES = ("demo", "local", "small", "paper", "authors")
OF_A_SNAPSHOT = (
    *("clean.max_tokens", "clean.relink", "clean.profanity_list", "clean.profanity_allow", "clean.mask_personal"),
    *("clean.box_threshold", "clean.text_threshold"),
    *("mentions", "informativeness", "candidates", "splits", "release", "sheets", "report"),
)
"""Settings, or whole sections, that a snapshot's own files can set."""


def load_settings(
    profile: str | None = None, overrides: Sequence[str] = (), snapshot: Snapshot | None = None
) -> Settings:
    """The settings of a run.

    Args:
        profile: `demo`, `local`, `small`, `paper`, `authors`, or the path of a TOML file. None: the profile that the
            snapshot's `run.json` names, else `small`.
        overrides: Texts such as `"clean.max_tokens=400"`, which win over all other sources.
        snapshot: Snapshot whose own settings count.

    Raises:
        UnusableInput: A setting or a profile is unknown or wrong; the message names it.
    """
    name = profile or _profile_of(snapshot) or "small"
    values = read_profile(name)
    values["profile"] = name
    if name not in PROFILES:
        credit(values, informativeness_of(values), "the user")
    if snapshot is not None:
        for name, above in _own_files(snapshot):
            _merge(values, above)
            credit(values, informativeness_of(above), name)
    asked = [*_environment(), *map(_split_override, overrides)]
    for key, text in asked:
        _set(values, key, text)
    credit(values, {key.removeprefix("informativeness.") for key, _ in asked}, "the user")
    try:
        return disown_strange(all_settings().model_validate(values))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        near = _near(where) if first["type"] == "extra_forbidden" else ""
        raise UnusableInput(f"setting {where}: {first['msg']} (given: {first['input']!r}){near}") from None


def sources_of(
    profile: str | None = None, overrides: Sequence[str] = (), snapshot: Snapshot | None = None
) -> dict[str, str]:
    """The strongest source of each setting that has one: `profile demo`, a file, a variable, or `--set`.

    The arguments are those of `load_settings`.
    """
    name = profile or _profile_of(snapshot) or "small"
    sources = _keys(read_profile(name), f"profile {name}")
    for own, values in _own_files(snapshot) if snapshot is not None else ():
        sources |= _keys(values, own)
    sources |= {key: f"AMELI_{key.upper().replace('.', '__')}" for key, _ in _environment()}
    return sources | {key: "--set" for key, _ in map(_split_override, overrides)}


def _keys(values: Mapping[str, Any], source: str) -> dict[str, str]:
    groups = ((section, group) for section, group in values.items() if isinstance(group, Mapping))
    return {f"{section}.{name}": source for section, group in groups for name in group}


def _own_files(snapshot: Snapshot) -> Iterator[tuple[str, dict[str, Any]]]:
    """The snapshot's own files of settings, by their names in the snapshot."""
    for path in sorted((snapshot.root / "settings").glob("*.toml")):
        yield f"settings/{path.name}", _read_own(path, snapshot.root)


def _near(key: str) -> str:
    """The setting with the most similar name, as a question; "" if no name is similar."""
    names = [f"{section}.{name}" for section, kind in sections().items() for name in kind.model_fields]
    alike = get_close_matches(key, names, 1)
    return f"; did you mean {alike[0]}?" if alike else ""


def _profile_of(snapshot: Snapshot | None) -> str | None:
    if snapshot is None or not (snapshot.root / "run.json").is_file():
        return None
    path = snapshot.root / "run.json"
    try:
        profile = str(json.loads(path.read_text())["settings"]["profile"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnusableInput(f"{path}: unreadable ({error})") from None
    if profile not in PROFILES:  # a profile file can name models, and a snapshot can come from anybody
        raise UnusableInput(f"{path}: made with the profile {profile!r}; name your own file with --profile")
    return profile


def read_profile(name: str) -> dict[str, Any]:
    """The values of a profile by section; raises `UnusableInput` for an unknown name that is not a file."""
    if name in PROFILES:
        return tomllib.loads(files("ameli_build.profiles").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    path = Path(name)
    if not path.is_file():
        raise UnusableInput(f"profile {name!r}: neither one of {', '.join(PROFILES)} nor a file")
    return _read_toml(path)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableInput(f"{path}: {error}") from None


def _read_own(path: Path, root: Path) -> dict[str, Any]:
    """A file of the snapshot in `root`; raises `UnusableInput` for a setting that it may not contain."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise UnusableInput(f"{path}: a symbolic link that leads out of the snapshot")
    values = _read_toml(path)
    for section, group in values.items():
        names = [f"{section}.{name}" for name in group] if isinstance(group, dict) else []
        for name in names or [section]:
            if section not in OF_A_SNAPSHOT and name not in OF_A_SNAPSHOT:
                raise UnusableInput(
                    f"setting {name}: {path}: not allowed in a snapshot's own settings; use a profile or --set"
                )
    listed = values.get("clean", {}).get("profanity_list")
    if listed:
        values["clean"]["profanity_list"] = str(_inside(str(listed), root, path))
    return values


def _inside(name: str, root: Path, source: Path) -> Path:
    """The path of a file that `source` names relative to `root`; raises `UnusableInput` for a path outside `root`."""
    found = root / name
    if not found.resolve().is_relative_to(root.resolve()):
        raise UnusableInput(
            f"setting clean.profanity_list: {source}: {name} is not in the snapshot; copy it there, or use --set"
        )
    return found


def _environment() -> list[tuple[str, str]]:
    """Settings from variables named AMELI_SECTION__KEY, sorted by name."""
    found = sorted(name for name in os.environ if name.startswith("AMELI_") and "__" in name)
    return [(name.removeprefix("AMELI_").lower().replace("__", "."), os.environ[name]) for name in found]


def _split_override(override: str) -> tuple[str, str]:
    """Name and value of an override."""
    key, sign, text = override.partition("=")
    if not sign or "." not in key:
        raise UnusableInput(f"--set {override}: expected SECTION.KEY=VALUE")
    return key.strip(), text.strip()


def _merge(values: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _merge(values[key], value)
        else:
            values[key] = value


def _set(values: dict[str, Any], key: str, text: str) -> None:
    """Set `section.key` from text: JSON where it parses (numbers, true, lists), else the text itself."""
    section, _, name = key.partition(".")
    kind = sections().get(section)
    role, _, device = name.partition(".")
    field_name = "device" if section == "models" and role in ROLES and device == "device" else name
    target = kind.model_fields.get(field_name) if kind is not None else None
    if target is None:
        raise UnusableInput(f"setting {key}: there is no such setting{_near(key)}")
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if target.annotation is str:
        value = text  # a model called "123" stays a name
    group = values.setdefault(section, {})
    if isinstance(group, dict):  # otherwise the validation reports the profile's fault
        group[name] = value
