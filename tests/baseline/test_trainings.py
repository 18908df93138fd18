"""A killed training resumes to the same bytes; a finished training is not repeated, a damaged one is."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from damages import DAMAGES
from tiny_models import save_deberta
from toy import OPTIONS, marked_lists, picture_examples

from ameli_build.baseline import training as learn
from ameli_build.baseline.linking.image_module import Adapters, train_adapters
from ameli_build.baseline.linking.text_module import TextModule, train_text_module
from ameli_build.baseline.training import key_of
from ameli_build.core.cache import write_sealed
from ameli_build.core.errors import UnusableInput

KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
import test_trainings
from ameli_build.baseline import training as learn
write = learn._write_checkpoint
def write_and_die(task, progress, path):
    write(task, progress, path)
    if progress.done == 3:
        os.kill(os.getpid(), signal.SIGKILL)
learn.CHECKPOINT_EVERY_SECONDS = 0.0
learn._write_checkpoint = write_and_die
test_trainings.text_module(sys.argv[1], Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def deberta(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_deberta(tmp_path_factory.mktemp("models") / "deberta")


def text_module(name: str, cache: Path | None) -> TextModule:
    """A module with a trained encoder, dropout, a schedule, and a choice among epochs."""
    train, gold = marked_lists(name, 8, 0)
    dev, dev_gold = marked_lists(name, 4, 1)
    options = OPTIONS.model_copy(update={"text_layers": 1})
    module = train_text_module(train, gold, dev, dev_gold, options, seed=5, cache=cache)
    assert module is not None
    return module


def adapters(cache: Path | None, seed: int = 5) -> Adapters:
    train, products = picture_examples(0)
    dev, _ = picture_examples(0, 10)
    options = OPTIONS.model_copy(update={"adapter_epochs": 6, "adapter_hidden": 4})
    trained = train_adapters(train, dev, products, options, seed, cache)
    assert trained is not None
    return trained


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_killed_and_resumed_training_gives_the_same_bytes(deberta: str, tmp_path: Path) -> None:
    here = Path(__file__)
    places = [str(here.parent), str(here.parents[1])]
    command = [sys.executable, "-c", KILLED, deberta, str(tmp_path / "killed"), *places]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert [path.suffixes[-2:] for path in (tmp_path / "killed").iterdir()] == [[".checkpoint", ".sealed"]]
    resumed = text_module(deberta, tmp_path / "killed")
    whole = text_module(deberta, tmp_path / "whole")
    assert files(tmp_path / "killed") == files(tmp_path / "whole")
    lists, _ = marked_lists(deberta, 4, 2)
    assert np.array_equal(resumed.scores(lists), whole.scores(lists))
    assert (resumed.epoch, resumed.dev_f1) == (whole.epoch, whole.dev_f1)
    assert resumed.curve == whole.curve
    assert [len(numbers) for numbers in whole.curve.values()] == [OPTIONS.text_epochs + 1] * 2


def test_a_resumed_training_says_so_and_trains_the_remaining_epochs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    write = learn._write_checkpoint

    def write_and_stop(task: learn.Task, progress: learn.Progress, path: Path) -> None:
        write(task, progress, path)
        if progress.done == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(learn, "CHECKPOINT_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(learn, "_write_checkpoint", write_and_stop)
    with pytest.raises(KeyboardInterrupt):
        adapters(tmp_path)
    monkeypatch.undo()
    adapters(tmp_path)
    assert "learn adapters: going on after epoch 4" in capsys.readouterr().err
    adapters(tmp_path / "whole")
    ((name, whole),) = files(tmp_path / "whole").items()
    assert (tmp_path / name).read_bytes() == whole


def test_a_finished_training_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = adapters(tmp_path)

    def never(*_: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(learn, "counted", never)
    again = adapters(tmp_path)
    vectors = picture_examples(0)[0].vectors
    assert np.array_equal(first.adapt_reviews(vectors), again.adapt_reviews(vectors))
    assert (first.epoch, first.dev_mrr, first.curve) == (again.epoch, again.dev_mrr, again.curve)
    assert first.curve["dev"][first.epoch] == max(first.curve["dev"]) == round(first.dev_mrr, 4)
    with pytest.raises(AssertionError, match="trained again"):
        adapters(tmp_path, seed=6)


@pytest.mark.parametrize("ending", [".safetensors", ".checkpoint.sealed"])
def test_a_damaged_file_is_replaced(tmp_path: Path, ending: str) -> None:
    adapters(tmp_path)
    (name, whole), *_ = files(tmp_path).items()
    (tmp_path / name).unlink()
    (tmp_path / name).with_suffix(ending).write_bytes(whole[:100])
    adapters(tmp_path)
    assert files(tmp_path) == {name: whole}


@pytest.mark.parametrize("damage", DAMAGES)
def test_weights_damaged_on_the_disk_are_trained_again(tmp_path: Path, damage: str) -> None:
    adapters(tmp_path)
    ((name, whole),) = files(tmp_path).items()
    (tmp_path / name).write_bytes(DAMAGES[damage](whole))
    adapters(tmp_path)
    assert files(tmp_path) == {name: whole}


@pytest.mark.parametrize(
    ("ratings", "rate_start", "dev", "chosen"),
    [
        ([0.2, 0.5, 0.40004], False, [None, 0.2, 0.5, 0.4], 2),
        ([0.9, 0.5, 0.4, 0.3], True, [0.9, 0.5, 0.4, 0.3], 0),
        ([None] * 3, False, [None] * 4, 3),
    ],
)
def test_the_curve_has_mean_loss_and_rating_of_each_epoch(
    ratings: list[float | None], rate_start: bool, dev: list[float | None], chosen: int
) -> None:
    losses = {1: [4.0, 2.0], 2: [1.0, 1.5], 3: [float("nan"), 1.0]}
    rated = (None if rating is None else (rating, 0.0) for rating in ratings)
    modules = {"module": torch.nn.Linear(2, 2)}
    task = learn.Task("learn", modules, {}, lambda epoch: iter(losses[epoch]), 2, lambda: next(rated), rate_start)
    epoch, _, curve = learn.learn(task, 3, 1, None)
    assert curve == {"loss": [None, 3.0, 1.25, None], "dev": dev}
    assert epoch == chosen


class Counter:
    """A stateful part of a checkpoint, in addition to the modules."""

    def __init__(self, state: dict[str, int]) -> None:
        self.state = state

    def state_dict(self) -> dict[str, int]:
        return self.state

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        if "steps" not in state_dict:
            raise ValueError("not a state of a counter")
        self.state = dict(state_dict)


def test_a_checkpoint_that_fits_only_in_part_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    module, counters = torch.nn.Linear(2, 2), {"first": Counter({"steps": 0}), "second": Counter({"steps": 0})}
    before = learn.get_weights({"module": module})
    task = learn.Task("learn", {"module": module}, counters, lambda _: iter(()), 0, lambda: None)
    found = {
        "done": 1,
        "chosen": 1,
        "best": None,
        "weights": before,
        "modules": {name: weight + 1 for name, weight in before.items()},
        "others": {"first": {"steps": 9}, "second": {}},
    }
    body = io.BytesIO()
    torch.save(found, body)
    write_sealed(tmp_path / "kept.checkpoint.sealed", body.getvalue())
    learn.learn(task, 0, 1, tmp_path / "kept")
    assert "cannot be read, starting anew (ValueError)" in capsys.readouterr().err
    after = learn.get_weights({"module": module})
    assert all(torch.equal(after[name], weight) for name, weight in before.items())
    assert [counter.state for counter in counters.values()] == [{"steps": 0}, {"steps": 0}]


def test_keys_distinguish_arrays_by_content_shape_and_type() -> None:
    array = np.arange(6, dtype=np.int64)
    assert key_of(array) == key_of(array.copy())
    others = [array.reshape(2, 3), array.astype(np.int32), array + 1]
    assert len({key_of(each) for each in (array, *others)}) == 4


def test_saved_modules_can_be_loaded(deberta: str, tmp_path: Path) -> None:
    module = text_module(deberta, None)
    module.save(tmp_path)
    lists, _ = marked_lists(deberta, 4, 2)
    loaded = TextModule.load(tmp_path)
    assert np.array_equal(loaded.scores(lists), module.scores(lists))
    assert (loaded.epoch, loaded.dev_f1) == (module.epoch, module.dev_f1)
    for shared in (False, True):
        options = OPTIONS.model_copy(update={"adapters": "shared" if shared else "separate", "adapter_epochs": 2})
        train, products = picture_examples(0)
        trained = train_adapters(train, train, products, options, 1)
        assert trained is not None
        trained.save(tmp_path)
        again = Adapters.load(tmp_path)
        assert np.array_equal(again.adapt_products(products), trained.adapt_products(products))
        assert (again.review is again.product) == shared


def test_unusable_modules_are_refused(deberta: str, tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"adapters\.json: no trained adapters"):
        Adapters.load(tmp_path)
    adapters(None).save(tmp_path)
    (tmp_path / "adapters.safetensors").write_bytes(b"x")
    with pytest.raises(UnusableInput, match=r"adapters\.safetensors: no trained weights"):
        Adapters.load(tmp_path)
    (tmp_path / "adapters.json").write_text("{}")
    adapters(None).save(tmp_path / "other")
    (tmp_path / "adapters.safetensors").write_bytes((tmp_path / "other" / "adapters.safetensors").read_bytes())
    with pytest.raises(UnusableInput, match=r"adapters\.json: does not describe adapters"):
        Adapters.load(tmp_path)
    text_module(deberta, None).save(tmp_path)
    path = tmp_path / "text_module.json"
    path.write_text(path.read_text().replace('"identity": "', '"identity": "not '))
    with pytest.raises(UnusableInput, match="is not the one that the text module was trained with"):
        TextModule.load(tmp_path)
