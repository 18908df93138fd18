"""The sources of a setting's value, and the messages about wrong values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import PROFILES, THRESHOLDS, load_settings
from ameli_build.core.snapshot import Snapshot, write_json


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_loads(profile: str) -> None:
    assert load_settings(profile).profile == profile


def test_set_beats_environment_beats_snapshot_beats_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = Snapshot(tmp_path)
    profile = tmp_path / "mine.toml"
    profile.write_text("[informativeness]\nimage_similarity = 0.1\ntitle_similarity = 0.1\nn_attributes = 1\n")
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "informativeness.toml").write_text(
        "[informativeness]\nimage_similarity = 0.2\ntitle_similarity = 0.2\n"
    )
    monkeypatch.setenv("AMELI_INFORMATIVENESS__TITLE_SIMILARITY", "0.3")
    settings = load_settings(str(profile), ["clean.max_tokens=400"], snapshot).informativeness
    assert (settings.n_attributes, settings.image_similarity, settings.title_similarity) == (1, 0.2, 0.3)
    assert (
        load_settings(None, ["informativeness.title_similarity=0.4"], snapshot).informativeness.title_similarity == 0.4
    )


def thresholds_from(profile: str | Path, overrides: Sequence[str] = (), snapshot: Snapshot | None = None) -> str:
    return load_settings(str(profile), overrides, snapshot).informativeness.thresholds_from


def test_the_source_of_the_thresholds_of_each_profile() -> None:
    assert [thresholds_from(name) for name in ("local", "small", "paper")] == [""] * 3
    assert thresholds_from("authors") == "the authors' own, on their data"
    assert "calibration" in thresholds_from("demo")


@pytest.mark.parametrize(
    ("profile", "override"),
    [
        ("demo", "models.text_encoder=package:all-mpnet-base-v2"),
        ("demo", "models.image_encoder=timm:tf_efficientnet_lite2"),
        ("demo", "informativeness.match=exact"),
        ("authors", "informativeness.similarity=cosine"),
        ("authors", "models.cross_encoder=cross-encoder/ms-marco-MiniLM-L6-v2"),
    ],
)
def test_thresholds_found_for_other_models_or_measures_lose_their_source(profile: str, override: str) -> None:
    assert load_settings(profile).informativeness.thresholds_for == load_settings(profile).compared
    assert thresholds_from(profile, [override]) == ""
    every = [f"informativeness.{name}=0.5" for name in THRESHOLDS]
    assert thresholds_from(profile, [override, *every]) == "the user"
    assert thresholds_from(profile, [override, "informativeness.thresholds_from=my pilot"]) == "my pilot"


def test_the_source_of_thresholds_that_the_user_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = [f"informativeness.{name}=0.5" for name in THRESHOLDS]
    assert thresholds_from("paper", every) == "the user"
    assert thresholds_from("paper", ["informativeness.rule=all"]) == ""
    assert thresholds_from("paper", every[:1]) == "defaults; n_attributes: the user"
    assert thresholds_from("authors", every[3:]) == "the authors' own, on their data; title_similarity: the user"
    assert thresholds_from("paper", [*every, "informativeness.thresholds_from=my pilot"]) == "my pilot"
    mine = tmp_path / "mine.toml"
    mine.write_text("[informativeness]\n" + "".join(f"{name} = 0.5\n" for name in THRESHOLDS))
    assert thresholds_from(mine) == "the user"
    mine.write_text("[models]\ncross_encoder = ''\n")
    assert thresholds_from(mine) == ""
    monkeypatch.setenv("AMELI_INFORMATIVENESS__N_ATTRIBUTES", "2")
    assert thresholds_from(mine) == "defaults; n_attributes: the user"


def test_the_source_of_thresholds_set_in_the_snapshot(tmp_path: Path) -> None:
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "informativeness.toml").write_text("[informativeness]\ntitle_similarity = 0.2\n")
    source = thresholds_from("paper", snapshot=Snapshot(tmp_path))
    assert source == "defaults; title_similarity: settings/informativeness.toml"


def test_environment_and_set_override_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMELI_CLEAN__MAX_TOKENS", "400")
    assert load_settings("demo").clean.max_tokens == 400
    assert load_settings("demo", ["clean.max_tokens=300"]).clean.max_tokens == 300


def test_the_variable_of_workers_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMELI_WORKERS", "2")
    assert load_settings("demo") == load_settings("demo")


def test_the_profile_named_in_the_snapshot_is_the_default(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    assert load_settings(None, (), snapshot).profile == "small"
    write_json(tmp_path / "run.json", {"settings": {"profile": "demo"}})
    assert load_settings(None, (), snapshot).profile == "demo"
    assert load_settings("paper", (), snapshot).profile == "paper"


def test_a_name_of_digits_stays_a_name() -> None:
    assert load_settings("demo", ["models.text_encoder=123"]).models.text_encoder == "123"


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("clean.max_tokens=many", "clean.max_tokens"),
        ("clean.max_token=5", "clean.max_token"),
        ("nothing.here=1", "nothing"),
        ("max_tokens", "--set max_tokens"),
        ("splits.policy=random", "splits.policy"),
    ],
)
def test_a_wrong_setting_is_named(override: str, named: str) -> None:
    with pytest.raises(UnusableInput, match=named):
        load_settings("demo", [override])


@pytest.mark.parametrize(
    ("profile", "overrides", "devices"),
    [
        ("", ["models.detector.device=cuda"], {"detector": "cuda"}),
        ("", ["models.ocr.device=cpu", "models.text_encoder.device=mps"], {"text_encoder": "mps"}),
        ('[models.detector]\nname = "whole"\ndevice = "cuda"', [], {"detector": "cuda"}),
        ('[models.detector]\nname = "whole"\ndevice = "cuda"', ["models.detector.device=cpu"], {}),
        ('[models]\nimage_encoder = {name = "bundled:tiny-clip"}\ndevices = {ocr = "mps"}', [], {"ocr": "mps"}),
    ],
)
def test_a_role_may_have_its_own_device(
    tmp_path: Path, profile: str, overrides: list[str], devices: dict[str, str]
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(profile)
    models = load_settings(str(path), ["models.device=cpu", *overrides]).models
    assert {role: models.device_of(role) for role in ("detector", "text_encoder", "ocr")} == {
        "detector": "cpu",
        "text_encoder": "cpu",
        "ocr": "cpu",
    } | devices
    assert isinstance(models.detector, str)
    once = {role for role in ("detector", "text_encoder", "ocr") if models.loads_once(role)}
    assert once == {"detector", "text_encoder", "ocr"}
    alone = models.model_copy(update={"processes": "workers"})
    assert {role for role in ("detector", "text_encoder", "ocr") if alone.loads_once(role)} == set(devices)


def test_the_environment_may_set_the_device_of_a_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMELI_MODELS__DETECTOR__DEVICE", "mps")
    models = load_settings("demo", ["models.device=cpu"]).models
    assert (models.device_of("detector"), models.device_of("ocr"), models.detector) == ("mps", "cpu", "saliency")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[models.devices]\nreader = "cpu"', "models.devices: .*reader is no role"),
        ('[models.detector]\ndevice = "cpu"', "detector is a name, or a table of name and device"),
        ('[models.detector]\nname = "whole"\nthreads = 2', "detector is a name, or a table of name and device"),
    ],
)
def test_a_wrong_device_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(UnusableInput, match=named):
        load_settings(str(path))
    with pytest.raises(UnusableInput, match=r"models\.reader\.device: there is no such setting"):
        load_settings("demo", ["models.reader.device=cpu"])


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(UnusableInput, match="neither one of"):
        load_settings("huge")


def test_the_error_of_a_broken_profile_names_its_file(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[clean\n")
    with pytest.raises(UnusableInput, match=r"broken\.toml"):
        load_settings(str(broken))


def test_an_unknown_setting_and_a_value_that_is_no_number_are_refused() -> None:
    with pytest.raises(UnusableInput, match=r"clean\.nothing: there is no such setting"):
        load_settings("demo", ["clean.nothing=1"])
    with pytest.raises(UnusableInput, match=r"profile\.x: there is no such setting"):
        load_settings("demo", ["profile.x=1"])
    with pytest.raises(UnusableInput, match=r"clean\.box_threshold: .*finite"):
        load_settings("demo", ["clean.box_threshold=NaN"])


def test_a_section_that_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("clean = 3")
    with pytest.raises(UnusableInput, match="setting clean: "):
        load_settings(str(tmp_path / "mine.toml"), ["clean.max_tokens=1"])


def test_the_settings_of_a_snapshot_apply_unless_set_overrides_them(tmp_path: Path) -> None:
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "release.toml").write_text('[release]\nname = "Mine"\n')
    assert load_settings("demo", (), Snapshot(tmp_path)).release.name == "Mine"
    assert load_settings("demo", ["release.name=Other"], Snapshot(tmp_path)).release.name == "Other"


def own_settings(root: Path, text: str, name: str = "own.toml") -> Snapshot:
    """A snapshot with one file of settings."""
    (root / "settings").mkdir(exist_ok=True)
    (root / "settings" / name).write_text(text)
    return Snapshot(root)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[models]\nimage_encoder = "snapshots/x/encoder"\n', r"models\.image_encoder"),
        ('[models]\nlanguage = "./parser"\n', r"models\.language"),
        ('[crawl]\nbrowser_url = "http://elsewhere:4444"\n', r"crawl\.browser_url"),
        ('[run]\ncache = "/var/elsewhere"\n', r"run\.cache"),
        ('[clean]\nmax_tokens = 300\ntokenizer = "folder"\n', r"clean\.tokenizer"),
        ("[clean]\nmax_pixels = 99999999999\n", r"clean\.max_pixels"),
        ('[baseline]\nindex = "HNSW32"\n', r"baseline\.index"),
        ('profile = "other.toml"\n', "profile"),
        ("[models]\n", "models"),
    ],
)
def test_a_snapshot_may_not_set_models_addresses_or_folders(tmp_path: Path, text: str, named: str) -> None:
    snapshot = own_settings(tmp_path, text)
    why = "not allowed in a snapshot's own settings; use a profile or --set"
    with pytest.raises(UnusableInput, match=rf"^setting {named}: .*own\.toml: {why}$"):
        load_settings("demo", (), snapshot)


def test_the_word_list_of_a_snapshot_must_be_inside_it(tmp_path: Path) -> None:
    root = tmp_path / "snapshot"
    root.mkdir()
    snapshot = own_settings(root, '[clean]\nprofanity_list = "settings/words.txt"\nprofanity_allow = ["knob"]\n')
    clean = load_settings("demo", (), snapshot).clean
    assert (clean.profanity_list, clean.profanity_allow) == (str(root / "settings" / "words.txt"), ("knob",))
    (tmp_path / "private.txt").write_text("secret\n")
    (root / "words.txt").symlink_to(tmp_path / "private.txt")
    for name in ("../private.txt", str(tmp_path / "private.txt"), "words.txt"):
        snapshot = own_settings(root, f'[clean]\nprofanity_list = "{name}"\n')
        with pytest.raises(UnusableInput, match=r"clean\.profanity_list: .* is not in the snapshot"):
            load_settings("demo", (), snapshot)


def test_a_snapshot_made_with_a_profile_file_needs_the_option_profile(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('[models]\ntext_encoder = "folder"\n')
    write_json(tmp_path / "run.json", {"settings": {"profile": str(mine)}})
    with pytest.raises(UnusableInput, match=r"run\.json: made with the profile .*mine\.toml.*--profile"):
        load_settings(None, (), Snapshot(tmp_path))
    assert load_settings(str(mine), (), Snapshot(tmp_path)).models.text_encoder == "folder"


@pytest.mark.parametrize("kind", ["folder", "link", "deep"])
def test_unreadable_settings_of_a_snapshot_are_refused(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "snapshot"
    (root / "settings").mkdir(parents=True)
    own = root / "settings" / "own.toml"
    if kind == "folder":
        own.mkdir()
    elif kind == "link":
        own.symlink_to("/dev/zero")
    else:
        own.write_text(f"[clean]\nprofanity_allow = {'[' * 100_000}\n")
    with pytest.raises(UnusableInput, match=r"own\.toml: "):
        load_settings("demo", (), Snapshot(root))
