"""Causal language models that complete a text: GPT-2 in the paper (section 4.2)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ameli_build.models.loading import loading
from ameli_build.models.precision import mixed
from ameli_build.models.sources import place_of

PROMPT = "Attribute Value Extraction:\n {text} \n {key}:"
"""The paper's prompt: the review, then the attribute's name."""

UNBOUNDED = 10**6
"""Number of tokens far below the limit that tokenizers without a limit report."""


@dataclass(frozen=True, slots=True)
class Generator:
    """A causal language model with greedy decoding, so completions are repeatable."""

    tokenizer: Any
    model: Any
    device: str
    batch: int
    new_tokens: int

    def complete(self, questions: Sequence[tuple[str, str]]) -> list[str]:
        """The first line of the completion for each (review, attribute name)."""
        prompts = [self.prompt(text, key) for text, key in questions]
        order = sorted(range(len(prompts)), key=lambda n: (len(prompts[n]), prompts[n]))
        completions = [""] * len(prompts)
        for start in range(0, len(order), self.batch):
            rows = order[start : start + self.batch]
            for n, completion in zip(rows, self._forward([prompts[n] for n in rows]), strict=True):
                completions[n] = completion
        return completions

    def prompt(self, text: str, key: str) -> str:
        """The prompt; a long review is truncated, so that prompt and completion fit into the model's context."""
        room = context_length(self.tokenizer, self.model.config) - self.new_tokens
        prompt = PROMPT.format(text=text, key=key)
        while text and (over := len(self.tokenizer(prompt).input_ids) - room) > 0:
            places = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True).offset_mapping
            text = text[: places[-over][0]] if over < len(places) else ""
            prompt = PROMPT.format(text=text, key=key)
        return prompt

    def _forward(self, prompts: Sequence[str]) -> list[str]:
        import torch
        from transformers import StoppingCriteriaList

        encoded = self.tokenizer(list(prompts), padding=True, return_tensors="pt").to(self.device)
        width = encoded.input_ids.shape[1]
        with torch.inference_mode(), mixed(self.device):
            written = self.model.generate(
                **encoded,
                do_sample=False,
                num_beams=1,
                max_new_tokens=self.new_tokens,
                pad_token_id=self.tokenizer.pad_token_id,
                stopping_criteria=StoppingCriteriaList([self._after_a_line(width)]),
            )
        texts: list[str] = self.tokenizer.batch_decode(written[:, width:].cpu(), skip_special_tokens=True)
        return texts

    def _after_a_line(self, width: int) -> Any:
        """Stop a completion at the end of its first line that is not blank."""
        import torch

        breaks, blanks = (torch.tensor(tokens, device=self.device) for tokens in _white_space(self.tokenizer))

        def stop(tokens: torch.Tensor, scores: Any, **options: Any) -> torch.Tensor:
            written = tokens[:, width:]
            begun = (~torch.isin(written, blanks)).cumsum(dim=1) > 0
            return (torch.isin(written, breaks) & begun).any(dim=1)

        return stop


@lru_cache(maxsize=2)
def _white_space(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Tokens of white space with a line break, and all tokens of white space."""
    texts = tokenizer.batch_decode([[n] for n in range(len(tokenizer))])
    blanks = [n for n, text in enumerate(texts) if not text.strip()]
    return [n for n in blanks if "\n" in texts[n]], blanks


def context_length(tokenizer: Any, config: Any) -> int:
    """The length of the model's context in tokens."""
    lengths = (tokenizer.model_max_length, getattr(config, "max_position_embeddings", None))
    return min((int(length) for length in lengths if length and length < UNBOUNDED), default=UNBOUNDED)


@lru_cache(maxsize=1)
def load_generator(name: str, device: str, batch: int, new_tokens: int) -> Generator:
    """The causal language model `name`, loaded once per process; raises `UnusableInput` if it cannot be loaded."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with loading("generator", name):
        place = Path(place_of("generator", name))
        options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        words: dict[str, Any] = {"padding_side": "left"}
        if place.suffix == ".gguf":
            options["gguf_file"], place = place.name, place.parent
            words["legacy"] = True  # the default; set explicitly to avoid a warning
        with redirect_stderr(io.StringIO()):  # hides a progress bar
            tokenizer = AutoTokenizer.from_pretrained(place, **words, **options)  # type: ignore[no-untyped-call]
            model: Any = AutoModelForCausalLM.from_pretrained(place, **options)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return Generator(tokenizer, model.to(device).eval(), device, batch, new_tokens)
