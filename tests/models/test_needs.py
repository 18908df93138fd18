"""The models that a command needs, and the single message that names all missing models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ameli_build.core.devices import best_device
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.text import gigabytes
from ameli_build.models import needs as module
from ameli_build.models.known import Facts
from ameli_build.models.needs import LIBRARIES, ROLES, Need, fetch, memory_text, name_of, needs_of, require, roles_named
from ameli_build.models.sources import Source
from ameli_build.models.store import write_record

PINNED = "owner/text@0123456789012345678901234567890123456789"


pytestmark = pytest.mark.usefixtures("folder")


@dataclass(frozen=True, slots=True)
class Fake:
    """A fake source of files, in a state set by its fields; it logs each fetch and may fail."""

    label: str
    size: int = 0
    failing: bool = False
    missing: bool = True
    damaged: bool = False
    log: Callable[[str], None] = print

    @property
    def facts(self) -> Facts:
        return Facts("1", "mit", self.size)

    def problem(self, whole: bool = False) -> str:
        return "not fetched" if self.missing else "damaged" if whole and self.damaged else ""

    def fetch(self) -> None:
        self.log(self.label)
        if self.failing:
            raise RunFailed(f"{self.label}: 404 Not Found")


def settle(monkeypatch: pytest.MonkeyPatch, sources: dict[str, tuple[Source, ...]]) -> None:
    """Give models these sources, by their names in the settings, and no source to other models."""
    monkeypatch.setattr(module, "sources_of", lambda role, name: sources.get(name, ()))


def test_a_need_is_a_model_that_the_settings_name() -> None:
    settings = load_settings("demo", ["models.generator=", f"models.text_encoder={PINNED}", "clean.tokenizer=o/t"])
    found = {need.role: need.name for need in needs_of(settings)}
    assert found["text_encoder"] == PINNED
    assert found["tokenizer"] == "o/t"
    assert "generator" not in found
    assert [need.role for need in needs_of(settings, ["text_encoder", "generator"])] == ["text_encoder"]


@pytest.mark.parametrize("profile", ["demo", "local", "small", "paper", "authors"])
def test_every_model_of_a_profile_is_a_need_with_known_facts(profile: str) -> None:
    settings = load_settings(profile)
    named = {role for role in ROLES if name_of(settings, role)}
    needs = needs_of(settings)
    assert {need.role for need in needs} == named
    for need in needs:
        for source in need.sources:
            if source.label != "easyocr":  # the program itself
                assert source.facts.size > 0
                assert source.facts.licence != "unknown"


def test_every_setting_that_names_a_model_is_a_role() -> None:
    others = {"device", "devices", "processes", "batch", "text_backend", "precision"}
    assert set(load_settings("demo").models.model_dump()) - others == set(ROLES) - {"tokenizer"}


@pytest.mark.parametrize("profile", ["small", "paper", "authors"])
def test_one_message_names_every_missing_model(profile: str) -> None:
    settings = load_settings(profile)
    missing = [need for need in needs_of(settings) if need.problems()]
    with pytest.raises(UnusableInput) as refused:
        require(settings, ROLES)
    said = str(refused.value)
    assert len(missing) >= 7
    for need in missing:
        setting = "clean.tokenizer" if need.role == "tokenizer" else f"models.{need.role}"
        assert f"{setting} {need.name} (" in said
    assert said.startswith(f"{len(missing)} of {len(needs_of(settings))} models are missing: ")
    assert said.endswith(f". Run `ameli models fetch --profile {profile}`")
    assert "\n" not in said


def test_the_missing_sources_of_a_model_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch, {"two": (Fake("weights", missing=False), Fake("its text encoder")), "one": (Fake("one"),)})
    settings = load_settings("demo", ["models.detector=two", "models.ocr=one"])
    with pytest.raises(UnusableInput) as refused:
        require(settings, ROLES)
    assert "models.detector two (its text encoder: not fetched), models.ocr one (not fetched)." in str(refused.value)


def test_a_model_that_a_command_does_not_need_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch, {"absent": (Fake("absent"),)})
    settings = load_settings("demo", ["models.generator=absent"])
    require(settings, set(ROLES) - {"generator"})
    with pytest.raises(UnusableInput, match=r"1 of 1 models are missing: models\.generator absent"):
        require(settings, ["generator"])


def test_missing_and_truncated_files_are_named(folder: Path) -> None:
    made = folder / "hub" / "owner--text--0123456789012345678901234567890123456789"
    made.mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (made / name).write_bytes(b"12345")
    write_record(made, "owner/text", PINNED.partition("@")[2], "mit")
    settings = load_settings("demo", [f"models.text_encoder={PINNED}"])
    require(settings, ["text_encoder"])
    (made / "model.safetensors").write_bytes(b"123")
    with pytest.raises(UnusableInput, match=r"model\.safetensors is damaged"):
        require(settings, ["text_encoder"])
    (made / "model.safetensors").unlink()
    with pytest.raises(UnusableInput, match=r"model\.safetensors is missing"):
        require(settings, ["text_encoder"])


def test_the_error_of_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from ameli_build.models.packaged import Installed

    first, second = Installed("no-such-distribution", "--no-deps these"), Installed("neither-this")
    settle(monkeypatch, {"one": (first,), "two": (second,)})
    settings = load_settings("demo", ["models.ocr=one", "models.detector=two"])
    with pytest.raises(UnusableInput) as refused:
        require(settings, ROLES)
    assert "models.ocr one (not installed: pip install --no-deps these)" in str(refused.value)
    assert "models.detector two (not installed: pip install neither-this)" in str(refused.value)


@pytest.mark.skipif(best_device() == "cuda", reason="there is a GPU here")
@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_a_missing_gpu_is_reported_before_any_work(device: str) -> None:
    with pytest.raises(UnusableInput, match=rf"setting models\.device: {device}: there is no GPU"):
        require(load_settings("demo", [f"models.device={device}"]), ROLES)


@pytest.mark.skipif(best_device() == "cuda", reason="there is a GPU here")
@pytest.mark.parametrize("role", ["detector", "text_encoder", "ocr"])
def test_a_missing_gpu_of_a_single_role_is_reported(role: str) -> None:
    settings = load_settings("demo", ["models.device=cpu", f"models.{role}.device=cuda:1"])
    with pytest.raises(UnusableInput, match=rf"setting models\.{role}\.device: cuda:1: there is no GPU"):
        require(settings, ROLES)
    require(settings, ROLES, elsewhere=True)  # the models run on other machines
    require(settings, [other for other in ("detector", "text_encoder", "language") if other != role])


@pytest.mark.parametrize(
    ("role", "name"), [("detector", "groundingdino:SwinX"), ("resnet", "torchvision:vgg16"), ("ocr", "timm:")]
)
def test_a_name_of_no_known_form_is_refused(role: str, name: str) -> None:
    with pytest.raises(UnusableInput, match=rf"setting models\.{role}: .*{name}.*its name has no known form"):
        require(load_settings("demo", [f"models.{role}={name}"]), ROLES)


def test_memory_of_large_models_is_printed_beforehand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(monkeypatch, {"large": (Fake("large", 2_000_000_000, missing=False),)})
    require(load_settings("demo", ["models.ocr=large", "models.device=cpu", "models.processes=one"]), ROLES)
    said = "models: 2.0 GB of files, about 4.2 GB of memory in one process (cpu)"
    assert said in capsys.readouterr().err
    require(load_settings("demo"), ROLES)
    assert "models:" not in capsys.readouterr().err


def test_memory_is_given_per_worker_where_workers_load_models(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings("demo", ["models.device=cpu", "models.processes=workers"])
    need = Need("ocr", "x", (Fake("x", 1_000_000_000), Fake("y", 500_000_000)))
    assert need.size == 1_500_000_000
    memory = gigabytes(LIBRARIES + 1.5 * need.size)
    assert memory_text(settings, [need]) == f"1.5 GB of files, about {memory} of memory in each worker (cpu)"


def test_sizes_are_readable() -> None:
    assert [gigabytes(size) for size in (0, 700_000, 90_868_376, 1_710_517_724)] == ["0 MB", "1 MB", "91 MB", "1.7 GB"]


def test_the_default_is_all_roles_and_unknown_roles_are_refused() -> None:
    assert roles_named(None) == roles_named([]) == ROLES
    assert roles_named(["ocr", "resnet"]) == ["ocr", "resnet"]
    with pytest.raises(UnusableInput, match=r"^--role reader: no such role \(one of tokenizer, .*resnet\)$"):
        roles_named(["ocr", "reader"])


def test_a_missing_source_of_two_roles_is_fetched_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log: list[str] = []
    shared, other = Fake("shared", 7_000_000, log=log.append), Fake("other", log=log.append)
    settle(monkeypatch, {"a": (shared, other), "b": (replace(other, missing=False), shared)})
    assert fetch(load_settings("demo", ["models.detector=a", "models.ocr=b"])) == ["shared", "other"]
    assert log == ["shared", "other"]
    assert capsys.readouterr().err.splitlines() == ["1 of 2: shared, 7 MB", "2 of 2: other, 0 MB"]


def test_one_message_names_all_failed_fetches_and_the_rest_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[str] = []
    sources = {f"m{n}": (Fake(f"m{n}", failing=n != 1, log=log.append),) for n in range(3)}
    settle(monkeypatch, dict(sources))
    settings = load_settings("demo", [f"models.{role}=m{n}" for n, role in enumerate(("detector", "ocr", "resnet"))])
    with pytest.raises(RunFailed) as failed:
        fetch(settings)
    assert str(failed.value) == "2 of 3 could not be fetched: m0: 404 Not Found; m2: 404 Not Found"
    assert sorted(log) == ["m0", "m1", "m2"]


def test_a_fetch_compares_digests_and_other_commands_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch, {"one": (Fake("one", missing=False, damaged=True),)})
    settings = load_settings("demo", ["models.ocr=one"])
    require(settings, ROLES)  # digests of gigabytes take minutes
    assert fetch(settings) == ["one"]
