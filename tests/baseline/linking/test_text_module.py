"""The head learns the important slot, gives padding no score, and does not see the place of gold."""

from pathlib import Path

import numpy as np
import pytest
from baseline_world import write_dataset

from ameli_build.baseline.extraction.attributes import Found, make_sheets
from ameli_build.baseline.linking.head import NEVER, Lists, make_lists
from ameli_build.baseline.linking.lists import with_gold
from ameli_build.baseline.linking.pairs import Cosines, Layout, lay_out
from ameli_build.baseline.linking.text_module import train_text_module
from ameli_build.core.settings import BaselineSettings
from ameli_build.datasets.data import load_data

OPTIONS = BaselineSettings(text_hidden=32, text_epochs=25, text_learning_rate=3e-3)
WIDTH, SLOTS, CHOICES = 8, 3, 5


def synthetic(count: int, seed: int, by: str) -> tuple[Lists, np.ndarray]:
    """Lists that mark the gold product in its second slot: in the encoding, or in the signal."""
    generator = np.random.default_rng(seed)
    candidates = np.stack([generator.permutation(50)[:CHOICES] for _ in range(count)]).astype(np.int64)
    place = generator.integers(0, CHOICES, size=count)
    pairs = count * CHOICES * SLOTS
    slots = np.arange(pairs).reshape(count, CHOICES, SLOTS)
    vectors = generator.normal(size=(pairs, WIDTH)).astype(np.float32)
    signals = np.zeros(slots.shape, dtype=np.float32)
    rows = np.arange(count)
    if by == "encoding":
        vectors[slots[rows, place, 1], 0] += 3
    else:
        signals[rows, place, 1] = 1
    layout = Layout(candidates, tuple((n, "") for n in range(pairs)), slots, signals)
    return make_lists(layout, vectors), candidates[rows, place]


@pytest.mark.parametrize("by", ["encoding", "signal"])
def test_the_mark_of_gold_is_learned(by: str) -> None:
    train, gold = synthetic(300, 0, by)
    dev, dev_gold = synthetic(60, 1, by)
    test, test_gold = synthetic(100, 2, by)
    module = train_text_module(train, gold, dev, dev_gold, OPTIONS, seed=1)
    assert module is not None
    chosen = np.take_along_axis(test.candidates, module.scores(test).argmax(axis=1)[:, None], axis=1)[:, 0]
    assert (chosen == test_gold).mean() > 0.7
    assert module.dev_f1 is not None
    again = train_text_module(train, gold, dev, dev_gold, OPTIONS, seed=1)
    assert again is not None
    assert np.array_equal(again.scores(test), module.scores(test))


def test_the_setting_hides_signals_from_the_head(tmp_path: Path) -> None:
    data = load_data(write_dataset(tmp_path, {"train": 2, "dev": 0, "test": 0}) / "dataset")
    sheets = make_sheets(data.kb)
    ones = np.ones((len(data.kb), 1), dtype=np.float32)
    found = [Found.of([("Color", ("red",))])] * 2
    layouts = [
        lay_out(
            np.arange(2),
            data.reviews.gold[:, None],
            data.reviews,
            data.kb,
            sheets,
            found,
            Cosines(ones[:2], ones, ones),
            OPTIONS.model_copy(update={"text_signals": signals}),
        )
        for signals in (True, False)
    ]
    assert layouts[0].signals[:, 0, [0, -1]].tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert (layouts[0].signals[:, 0, 1:-1] != 0).any()
    assert not layouts[1].signals.any()
    assert layouts[0].pairs == layouts[1].pairs
    assert np.array_equal(layouts[0].slots, layouts[1].slots)


def test_description_only_drops_the_attribute_slots() -> None:
    layout = Layout(np.array([[3]]), ((0, "a"), (0, "b")), np.array([[[0, -1, 1]]]), np.array([[[0.5, 1.0, 0.25]]]))
    vectors = np.array([[1.0], [2.0]], dtype=np.float32)
    whole = make_lists(layout, vectors)
    encodings, _, _ = whole.inputs(np.array([0]))
    assert encodings.flatten().tolist() == [1.0, 0.0, 2.0]
    plain = make_lists(layout, vectors, description_only=True)
    encodings, signals, _ = plain.inputs(np.array([0]))
    assert (encodings.flatten().tolist(), signals.flatten().tolist()) == ([2.0], [0.25])


def test_padding_never_gets_a_score() -> None:
    train, gold = synthetic(40, 0, "signal")
    train.candidates[:, -1] = np.where(train.candidates[:, -1] == gold, gold, -1)
    module = train_text_module(train, gold, train.some(np.zeros(40, dtype=bool)), gold[:0], OPTIONS, seed=1)
    assert module is not None
    assert module.dev_f1 is None
    assert (module.scores(train)[train.candidates < 0] == NEVER).all()


def test_gold_takes_the_last_place_if_it_was_not_retrieved() -> None:
    candidates = np.array([[5, 6, 7], [5, 6, 7], [5, -1, -1]])
    gold = np.array([6, 9, 9])
    assert with_gold(candidates, gold, 0).tolist() == [[5, 6, 7], [5, 6, 9], [5, 9, -1]]
    assert with_gold(candidates, np.array([7, 9, 5]), 2).tolist() == [[5, 7], [5, 9], [5, -1]]
