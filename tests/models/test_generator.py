"""Completion of attribute values by a causal language model: a tiny random GPT-2."""

from pathlib import Path

import pytest
import torch
from tiny_models import byte_tokenizer, save_gpt2

from ameli_build.core.errors import UnusableInput
from ameli_build.models.generator import Generator, load_generator


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_gpt2(tmp_path_factory.mktemp("gpt2"), context=256)


def test_the_papers_prompt(gpt2: str) -> None:
    prompt = load_generator(gpt2, "cpu", 2, 8).prompt("I love this silver laptop", "Color")
    assert prompt == "Attribute Value Extraction:\n I love this silver laptop \n Color:"


def test_completions_depend_on_the_prompt_alone(gpt2: str) -> None:
    questions = [("A laptop. " * n, key) for n in (1, 3, 2, 5, 0) for key in ("Color", "Brand")]
    one_by_one = load_generator(gpt2, "cpu", 1, 8).complete(questions)
    together = load_generator(gpt2, "cpu", 4, 8).complete(questions)
    assert together == one_by_one
    assert load_generator(gpt2, "cpu", 4, 8).complete(questions[::-1]) == together[::-1]
    assert len(together) == 10
    assert any(together)
    assert load_generator(gpt2, "cpu", 4, 8).complete([]) == []


def test_a_long_review_is_cut_and_the_attribute_name_is_kept_whole(gpt2: str) -> None:
    generator = load_generator(gpt2, "cpu", 2, 8)
    prompt = generator.prompt("good " * 400, "Screen Size Class")
    assert len(generator.tokenizer(prompt).input_ids) <= 256 - 8
    assert prompt.startswith("Attribute Value Extraction:\n good good")
    assert prompt.endswith(" \n Screen Size Class:")
    assert generator.complete([("déjà vu " * 400, "Color")])


class Parrot(torch.nn.Module):
    """Appends one text to every prompt, a token at a time, and counts the tokens."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.says, self.width, self.written = byte_tokenizer()(text).input_ids, 0, 0

    def generate(self, input_ids: torch.Tensor, stopping_criteria: list, max_new_tokens: int, **_: object):  # type: ignore[no-untyped-def]
        self.written = 0
        while self.written < max_new_tokens and not stopping_criteria(input_ids, None).all():
            token = torch.full((len(input_ids), 1), self.says[self.written])
            input_ids, self.written = torch.cat([input_ids, token], dim=1), self.written + 1
        return input_ids


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("\n Silver\nBrand: X", "\n Silver\n"),
        ("  \n Silver\nX", "  \n Silver\n"),
        ("Silver\n\n", "Silver\n"),
        ("Silver and black", "Silver and b"),
    ],
)
def test_generation_stops_after_the_first_line_that_is_not_blank(gpt2: str, text: str, read: str) -> None:
    real = load_generator(gpt2, "cpu", 2, 8)
    parrot = Parrot(text)
    parrot.config = real.model.config  # type: ignore[assignment]
    generator = Generator(real.tokenizer, parrot, "cpu", 2, new_tokens=12)
    assert generator.complete([("A laptop", "Color")] * 2) == [read, read]
    assert parrot.written == len(read)


def test_the_error_of_an_unusable_generator_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"models\.generator: the model"):
        load_generator(str(tmp_path), "cpu", 2, 8)
