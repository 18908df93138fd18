"""Values that a text implies: tiny random DeBERTas run the code, fixed weights and scores check its choices."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import save_deberta

from ameli_build.core.errors import UnusableInput
from ameli_build.models.implied import Entailment, Question, Spans, _best_span, load_implier, statement

TEXT = "I love this silver laptop with 16 gigs of memory"
QUESTIONS = [
    Question(TEXT, "laptop", "Color", ("Black", "Silver", "Red")),
    Question("word " * 400, "tv", "Screen Size", ("50 inches", "65 inches")),
    Question("", "tv", "Curved", ("Yes", "No")),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deberta")


def test_statements_name_attribute_product_and_value() -> None:
    curved = QUESTIONS[2]
    assert statement(QUESTIONS[0], "Silver") == "The Color of the laptop is Silver."
    assert statement(curved, "Yes") == "The tv has Curved."
    assert statement(curved, "No") == "The tv has no Curved."


def test_a_classifier_with_an_entailment_label_is_asked_for_each_value(folder: Path) -> None:
    implier = load_implier(save_deberta(folder / "nli", "inference"), "cpu", 2)
    assert isinstance(implier, Entailment)
    assert implier.label == 1
    answers = implier.answer(QUESTIONS)
    assert [answer.text in question.values for answer, question in zip(answers, QUESTIONS, strict=True)] == [True] * 3
    assert all(0 < answer.second <= answer.score < 1 for answer in answers)
    assert implier.answer(QUESTIONS[::-1])[::-1] == answers


def test_the_value_that_is_entailed_most_wins(folder: Path) -> None:
    implier = load_implier(save_deberta(folder / "rigged", "inference"), "cpu", 2)
    assert isinstance(implier, Entailment)
    silver = implier.tokenizer.convert_tokens_to_ids("silver")

    def rigged(input_ids: torch.Tensor, **_: torch.Tensor) -> object:
        logits = torch.zeros((len(input_ids), 3))
        logits[:, 1] = (input_ids == silver).sum(dim=1).float()
        return type("Output", (), {"logits": logits})

    rigged.config = implier.model.config  # type: ignore[attr-defined]
    (answer,) = Entailment(implier.tokenizer, rigged, "cpu", 2, 1).answer(QUESTIONS[:1])
    assert answer.text == "Silver"  # the text says it once, its own statement once more
    assert answer.score == pytest.approx(np.exp(2) / (np.exp(2) + 2), abs=1e-4)
    assert answer.second == pytest.approx(np.e / (np.e + 2), abs=1e-4)


def test_a_question_answering_model_answers_with_spans(folder: Path) -> None:
    implier = load_implier(save_deberta(folder / "answers", "answers"), "cpu", 2)
    assert isinstance(implier, Spans)
    answers = implier.answer(QUESTIONS)
    assert answers[0].text
    assert answers[0].text in TEXT
    assert answers[2].text == ""  # no text, no span
    assert all(0 <= answer.score + answer.second <= 1.0001 for answer in answers)
    assert implier.answer([]) == []


def test_the_best_span_lies_in_the_text_and_runs_forward() -> None:
    start = np.array([0, 9, 1, 4, 0], dtype=np.float32)  # 9: in the question
    end = np.array([0, 9, 3, 4, 0], dtype=np.float32)
    own = np.array([False, False, True, True, False])
    places = [(0, 0), (0, 4), (0, 3), (4, 10), (0, 0)]
    answer = _best_span(start, end, own, places, "the silver")
    assert answer.text == "silver"
    odds = np.exp([8, 5, 4, 0])  # (3, 3), (2, 3), (2, 2), none
    assert answer.score == pytest.approx(odds[0] / odds.sum(), abs=1e-4)
    assert answer.second == pytest.approx(odds[3] / odds.sum(), abs=1e-4)


def test_other_classifiers_are_refused(folder: Path) -> None:
    name = save_deberta(folder / "stars", "inference", {"one star": 0, "two stars": 1, "three stars": 2})
    with pytest.raises(UnusableInput, match=r"models\.implied.*no label of its classes.*entailment"):
        load_implier(name, "cpu", 2)
    with pytest.raises(UnusableInput, match=r"models\.implied: the model"):
        load_implier(str(folder / "nowhere"), "cpu", 2)
