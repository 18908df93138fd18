"""`ameli models check`: each model is loaded and run on one example, and failures are reported."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import failing_checks
import numpy as np
import pytest
import torch
from tiny_models import DEBERTAS, SIZES, minilm_tokenizer, save, save_deberta, save_gpt2
from transformers import DebertaV2Config

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.settings import Settings, load_settings
from ameli_build.models import check as module
from ameli_build.models.check import Checked, check, check_one, picture


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny encoder of pairs of texts."""
    return save_deberta(tmp_path_factory.mktemp("encoder"))


def settings_of(**models: str) -> Settings:
    """Settings with these models, on the processor."""
    return load_settings("demo", ["models.device=cpu", *(f"models.{role}={name}" for role, name in models.items())])


@pytest.mark.parametrize(
    ("role", "name", "outcome"),
    [
        ("tokenizer", "bundled:minilm", r"1\d tokens"),
        ("text_encoder", "bundled:minilm", "384 numbers"),
        ("image_encoder", "bundled:tiny-clip", r"\d+ numbers"),
        ("detector", "saliency", r"box at [\d.]+"),
        ("ocr", "rapidocr", r"reads '.*16.*'"),
        ("language", "bundled:en", r"noun chunks \['This laptop', .*'a silver lid'\]"),
    ],
)
def test_bundled_models_run(role: str, name: str, outcome: str) -> None:
    found = check_one(settings_of(), role, name)
    assert (found.role, found.name) == (role, name)
    assert re.fullmatch(outcome, found.outcome)
    assert found.load >= 0
    assert found.run >= 0
    assert found.memory > 50


@pytest.mark.parametrize(
    ("role", "outcome"), [("nli_encoder", "32 numbers"), ("implied", "answers '.*'"), ("generator", "writes .*")]
)
def test_tiny_models_run(tmp_path: Path, role: str, outcome: str) -> None:
    heads = {"nli_encoder": "encoder", "implied": "inference"}
    folder = save_deberta(tmp_path, heads[role]) if role in heads else save_gpt2(tmp_path)
    assert re.fullmatch(outcome, check_one(settings_of(), role, folder).outcome)


def test_a_line_has_seconds_and_memory_and_no_revision() -> None:
    found = Checked("ocr", "owner/reader@0123", 12.3, 0.456, 2345, "reads '16 GB'")
    assert str(found) == "ocr: owner/reader: loaded in 12.3 s, 0.46 s an item, 2,345 MiB, reads '16 GB'"


def test_numbers_that_are_not_finite_are_an_error(tmp_path: Path) -> None:
    config = DebertaV2Config(vocab_size=30522, relative_attention=True, position_biased_input=False, **SIZES)

    def spoilt() -> torch.nn.Module:
        model = DEBERTAS["encoder"](config)
        with torch.no_grad():
            model.encoder.layer[0].output.dense.weight.fill_(float("nan"))
        return model

    folder = save(tmp_path, spoilt, minilm_tokenizer(), 0)
    with pytest.raises(RunFailed, match="not finite"):
        check_one(settings_of(), "nli_encoder", folder)


def test_the_error_of_an_absent_model_names_its_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path))
    with pytest.raises(
        UnusableInput, match=r"^setting models\.resnet: the model 'timm:none' cannot be loaded \(not fetch"
    ):
        check_one(settings_of(), "resnet", "timm:none")


def test_a_failure_does_not_stop_the_checks_and_one_message_names_all_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "check_one", failing_checks.check_one)
    checks, done = (
        check(
            settings_of(nli_encoder="some"),
            ["text_encoder", "image_encoder", "nli_encoder", "ocr", "language", "detector"],
        ),
        [],
    )
    with pytest.raises(RunFailed) as failed:
        done.extend(checks)
    assert [result.role for result in done] == ["image_encoder", "detector"]
    assert len({result.outcome for result in done} | {f"runs in {os.getpid()}"}) == 3  # a process for each model
    assert str(failed.value) == (
        "4 of 6 models do not run: "
        "setting models.text_encoder: the model 'bundled:minilm' cannot be loaded (not fetched); "
        "models.nli_encoder some: gives numbers that are not finite; "
        "models.ocr rapidocr: IndexError: index out of range in self; "
        "models.language bundled:en: its process died, perhaps for lack of memory"
    )


def test_the_command_prints_a_line_per_model_and_exits_with_1_after_a_failure(tmp_path: Path, encoder: str) -> None:
    command = [sys.executable, "-m", "ameli_build", "models", "check", "--profile", "demo"]
    command += ["--set", f"models.nli_encoder={encoder}", "--set", "clean.tokenizer=owner/none"]
    roles = ["--role", "nli_encoder", "--role", "tokenizer"]
    environment = {**os.environ, "AMELI_MODELS": str(tmp_path), "COLUMNS": "120"}
    done = subprocess.run([*command, *roles], env=environment, capture_output=True, text=True, check=False)
    (line,) = done.stdout.splitlines()
    cost = r"loaded in \d+\.\d s, \d+\.\d\d s an item, [\d,]+ MiB"
    assert re.fullmatch(rf"nli_encoder: {re.escape(encoder)}: {cost}, 32 numbers", line)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ameli: 1 of 2 models do not run: setting clean.tokenizer: the model 'owner/none' ")


def test_the_example_picture_is_not_blank() -> None:
    pixels = np.asarray(picture())
    assert pixels.shape == (200, 320, 3)
    assert pixels.std() > 40
