"""Fine-tuning of a tiny text encoder: its training texts, its files, and its resumption after a kill."""

import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from baseline_world import write_dataset
from damages import DAMAGES
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import BertConfig, BertModel

from ameli_build.baseline.retrieval.simple_baselines import rank_by_cosine
from ameli_build.baseline.retrieval.training_texts import TrainingTexts
from ameli_build.baseline.retrieval.tuned_text import NOT_ASKED, TunedText, tune_text
from ameli_build.baseline.retrieval.tuning import last_checkpoint
from ameli_build.core.cache import Work
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.datasets.data import Data, load_data
from ameli_build.models.embed import embed_texts
from ameli_build.models.text import load_sentence_transformer
from ameli_build.scores.metrics import positions
from ameli_build.scores.tables import NOTHING_TO_LEARN

RESUMED = """
import sys
from contextlib import suppress
from pathlib import Path
from ameli_build.datasets.data import load_data
from ameli_build.baseline.retrieval.tuned_text import tune_text
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.cache import Work
root = Path(sys.argv[1])
tune_text(Work(Snapshot(root)), load_settings("demo", sys.argv[2:]), load_data(root / "dataset"))
"""


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Sentence Transformers folder with random weights and the bundled model's tokenizer."""
    folder = tmp_path_factory.mktemp("encoder")
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    torch.manual_seed(1)
    BertModel(BertConfig(vocab_size=30522, **sizes)).save_pretrained(folder / "bert")
    load_sentence_transformer("bundled:minilm", "cpu", "text_encoder").tokenizer.save_pretrained(folder / "bert")
    words = Transformer(str(folder / "bert"), max_seq_length=64)
    model = SentenceTransformer(modules=[words, Pooling(32, "mean"), Normalize()], device="cpu")
    model.save_pretrained(str(folder / "model"), create_model_card=False)
    return folder / "model"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("world"), {"train": 60, "dev": 20, "test": 10})


def overrides(encoder: Path, epochs: int) -> list[str]:
    chosen = {"epochs": epochs, "learning_rate": 0.003, "batch": 6, "warmup": 0.1}
    return [f"models.text_encoder={encoder}", *(f"baseline.text_tuning_{key}={value}" for key, value in chosen.items())]


def options(encoder: Path, epochs: int) -> Settings:
    return load_settings("demo", overrides(encoder, epochs))


def fine_tuned(work: Work, settings: Settings, data: Data) -> TunedText:
    tuned = tune_text(work, settings, data)
    assert isinstance(tuned, TunedText)
    return tuned


def mrr(vectors: tuple[np.ndarray, np.ndarray], data: Data, split: str) -> float:
    rows = data.reviews.rows(split)
    place = positions(rank_by_cosine(*vectors).rows[rows], data.reviews.gold[rows])
    return float((1 / (place + 1)).mean())


def test_tuned_vectors_find_gold_products_better(encoder: Path, world: Path, tmp_path: Path) -> None:
    data, work, settings = load_data(world / "dataset"), Work(Snapshot(tmp_path)), options(encoder, 4)
    entities = data.kb.texts(settings.baseline.entity_text)
    before = embed_texts(work, settings, data.reviews.texts), embed_texts(work, settings, entities)
    assert not list(work.folder("fine-tune text").rglob("tuned.json"))
    tuned = fine_tuned(work, settings, data)
    after, record = (tuned.reviews, tuned.entities), tuned.record
    assert np.allclose(np.linalg.norm(tuned.reviews, axis=1), 1, atol=1e-4)
    assert tuned.reviews.shape == (90, 32)
    assert tuned.entities.shape == (16, 32)
    assert mrr(after, data, "test") > mrr(before, data, "test") + 0.1
    assert 1 <= record["epoch"] <= 4
    loss, dev = record["curve"]["loss"], record["curve"]["dev"]
    assert (len(loss), loss[0], len(dev), dev[0]) == (5, None, 5, None)
    assert loss[1] > loss[4] > 0
    assert dev[record["epoch"]] == max(dev[1:]) == pytest.approx(record["dev_mrr"], abs=1e-4)
    assert record["dev_mrr"] == pytest.approx(mrr(after, data, "dev"), abs=2e-3)
    assert not list(work.folder("fine-tune text").rglob("checkpoint-*"))
    marks = {path: path.stat().st_mtime_ns for path in work.folder("fine-tune text").rglob("*")}
    again = fine_tuned(work, settings, data)
    assert np.array_equal(again.reviews, tuned.reviews)
    assert {path: path.stat().st_mtime_ns for path in work.folder("fine-tune text").rglob("*")} == marks


@pytest.mark.parametrize("name", ["model/model.safetensors", "tuned.json"])
def test_a_damaged_file_of_the_training_is_trained_again(encoder: Path, world: Path, tmp_path: Path, name: str) -> None:
    data, work, settings = load_data(world / "dataset"), Work(Snapshot(tmp_path)), options(encoder, 1)
    first = fine_tuned(work, settings, data)
    (path,) = work.folder("fine-tune text").glob(f"*/{name}")
    whole = path.read_bytes()
    path.write_bytes(DAMAGES["a bit in the middle" if name.startswith("model") else "half"](whole))
    shutil.rmtree(work.folder("embed texts"))
    again = fine_tuned(work, settings, data)
    assert np.array_equal(again.reviews, first.reviews)
    assert path.read_bytes() == whole


@pytest.mark.slow
def test_a_killed_training_resumes_and_ends_with_the_same_result(encoder: Path, world: Path, tmp_path: Path) -> None:
    chosen = overrides(encoder, 12)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    command = [sys.executable, "-c", RESUMED, str(killed), *chosen]
    child = subprocess.Popen(command, cwd=link(killed, world))
    while child.poll() is None and not furthest(killed):
        with suppress(subprocess.TimeoutExpired):
            child.wait(0.05)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    checkpoint = furthest(killed)
    assert checkpoint is not None
    assert not list(killed.rglob("tuned.json"))
    data = load_data(world / "dataset")
    settings = load_settings("demo", chosen)
    resumed, straight = (fine_tuned(Work(Snapshot(root)), settings, data) for root in (killed, whole))
    assert np.array_equal(resumed.reviews, straight.reviews)
    assert np.array_equal(resumed.entities, straight.entities)
    assert resumed.record == straight.record


def link(root: Path, world: Path) -> Path:
    root.mkdir()
    (root / "dataset").symlink_to(world / "dataset")
    return Path(__file__).parents[3]


def furthest(root: Path) -> Path | None:
    folders = list(root.glob("cache/fine-tune-text/*/checkpoints"))
    return last_checkpoint(folders[0]) if folders else None


def test_a_torn_checkpoint_is_skipped(tmp_path: Path) -> None:
    for name, state in (("checkpoint-9", '{"global_step": 9}'), ("checkpoint-10", '{"global_step": 10}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "trainer_state.json").write_text(state)
    (tmp_path / "checkpoint-11").mkdir()
    (tmp_path / "checkpoint-12").mkdir()
    (tmp_path / "checkpoint-12" / "trainer_state.json").write_text('{"global_step": 1')
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-10"
    assert last_checkpoint(tmp_path / "nothing") is None


def test_reasons_for_no_training(encoder: Path, tmp_path: Path) -> None:
    data = load_data(write_dataset(tmp_path, {"train": 0, "dev": 3, "test": 3}) / "dataset")
    work = Work(Snapshot(tmp_path))
    assert tune_text(work, options(encoder, 0), data) == NOT_ASKED
    assert tune_text(work, options(encoder, 1), data) == NOTHING_TO_LEARN


def test_training_reads_no_test_review_and_no_gold_as_negative(world: Path) -> None:
    data = load_data(world / "dataset")
    texts = TrainingTexts.of(data, load_settings("demo"))
    assert len(texts.reviews) == 60
    assert len(texts.dev) == 20
    assert all(gold != other for gold, other in zip(texts.gold, texts.negatives, strict=True))
    entities = data.kb.texts(("title", "description"))
    for n, row in enumerate(data.reviews.rows("train")):
        assert texts.gold[n] == entities[data.reviews.gold[row]]
        assert texts.negatives[n] in {entities[hard] for hard in data.reviews.hard[row]}
    few = TrainingTexts.of(data, load_settings("demo", ["baseline.text_tuning_reviews=7"]))
    assert len(few.reviews) == 7
    assert TrainingTexts.of(data, load_settings("demo", ["run.seed=5"])).negatives != texts.negatives
