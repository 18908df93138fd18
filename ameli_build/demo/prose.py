"""The text of a shopper's review about a variant, from sentences chosen, filled and ordered by a seeded generator."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from ameli_build.demo.families import COLOR, Family, Variant
from ameli_build.demo.lexicon import phrases
from ameli_build.demo.words import spoken

UPPER = {"tv": "TV", "led": "LED", "oled": "OLED", "gps": "GPS", "pc": "PC"}
PLURALS = {"smartwatch": "smartwatches", "headphones": "headphones"}

Naming = tuple[str, ...]
"""The names of the product in a review; () for a review with only pronouns."""


@dataclass(slots=True)
class Writer:
    """Fills sentences of a review. It records the mentioned traits in `said` and the used product names in `named`."""

    family: Family
    variant: Variant
    rng: random.Random
    naming: Naming
    said: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)

    @property
    def plural(self) -> bool:
        """Whether the product's name is a plural ("headphones")."""
        return self.family.category.kind == "headphones"

    def __getitem__(self, key: str) -> str:
        """The text for `{key}` in a sentence."""
        category, shared = self.family.category, phrases()
        if key == "name":
            return self._name()
        if key == "names":
            return _pluralised(self._name())
        if key == "brand":
            self.said.append("Brand")
            return self.family.brand
        if key in ("who", "Who"):
            who = self.rng.choice(shared["who"])
            return who if key == "who" else {"myself": "My better half"}.get(who, who[0].upper() + who[1:])
        lists = {
            "use": category.uses,
            "rival": self._others(category.rivals),
            "extra": self._others(category.accessories),
        }
        return self.rng.choice(lists.get(key) or shared[key])

    def _name(self) -> str:
        name = self.naming[0] if not self.named else self.rng.choice(self.naming)
        name = " ".join(UPPER.get(word, word) for word in name.split()) if self.rng.random() < 0.85 else name
        self.named.append(name)
        return name

    def _others(self, things: tuple[str, ...]) -> tuple[str, ...]:
        """Names of other things for comparisons. If the review has only pronouns, no name resembles the product's."""
        if self.naming:
            return things
        heads = {
            word
            for noun in (self.family.noun.names, self.family.category.leaf)
            for name in noun
            for word in name.split()
        }
        return tuple(thing for thing in things if not heads & set(re.findall(r"[a-z-]+", thing.lower())))

    def sentence(self, purpose: str) -> str:
        """A sentence for a purpose, which is a key of `vocabulary/phrases.toml`."""
        options = phrases()[purpose]
        return self.fill(self.rng.choice(options))

    def fill(self, template: str) -> str:
        """A template with its blanks filled."""
        return template.format_map(self)

    def opening(self) -> str:
        """The first sentence; it names the product unless the review has only pronouns."""
        if not self.naming:
            return self.sentence("unnamed")
        return self.sentence("named_plural" if self.plural else "named")

    def farewell(self) -> str:
        """The last sentence."""
        if self.naming and self.rng.random() < 0.35:
            return self.sentence("again_plural" if self.plural else "again")
        return self.sentence("closing")

    def fact(self, trait: str) -> str:
        """A clause about a trait of the variant in the shopper's words."""
        say = phrases()["colors"] if trait == COLOR else self.family.category.say[trait]
        self.said.append(trait)
        return self.rng.choice(say).replace("{v}", spoken(self.variant.values[trait], self.rng))

    def sayable(self) -> list[str]:
        """Traits for clauses; traits that distinguish the variant from its siblings are in the list three times."""
        category, values = self.family.category, self.variant.values
        listed = [name for name in category.say if name not in self.family.left_out]
        fitting = [name for name in listed if values[name] not in ("None", "false")]
        fitting += [COLOR]
        return fitting + [axis for axis in self.family.axes if axis in fitting] * 2

    def facts(self, count: int) -> list[str]:
        """Sentences with `count` clauses about different traits, sometimes two in the same sentence."""
        pool = self.sayable()
        chosen: list[str] = []
        while pool and len(chosen) < count:
            trait = self.rng.choice(pool)
            pool = [other for other in pool if other != trait]
            chosen.append(trait)
        clauses, sentences = [self.fact(trait) for trait in chosen], []
        while clauses:
            clause = clauses.pop()
            if clauses and self.rng.random() < 0.35:
                clause = f"{clause}{self.rng.choice((' and ', ', ', ' plus '))}{clauses.pop()}"
            sentences.append(clause)
        return sentences

    def headline(self) -> str:
        """The review's title; a third of the reviews that name the product have its name here."""
        draw = self.rng.random()
        if self.naming and draw < 0.33:
            title = self.sentence("title_plural" if self.plural else "title_named")
            return title.title() if self.rng.random() < 0.2 and '"' not in title else title
        return "" if draw > 0.985 else self.sentence("title_plain")

    def joined(self, sentences: list[str]) -> str:
        """The sentences as a text, in this shopper's style of joining, capitals and endings."""
        lines = []
        for number, sentence in enumerate(sentences):
            if 0 < number < len(sentences) - 1 and self.rng.random() < 0.14:
                sentence = f"{self.rng.choice(phrases()['joiner'])} {_lowered(sentence)}"
            end = self.rng.choices((".", "!", "!!", " :)"), (86, 10, 3, 1))[0]
            lines.append(sentence[:1].upper() + sentence[1:] + ("" if sentence[-1] in ".!?" else end))
        text = " ".join(lines)
        manner = self.rng.random()
        if manner < 0.07:
            return text.lower()
        if manner < 0.12:
            return text.rstrip(".")
        return "\n\n".join((" ".join(lines[:2]), " ".join(lines[2:]))) if manner < 0.17 and len(lines) > 3 else text


def specific(writer: Writer, count: int) -> list[str]:
    """Sentences of a review with `count` statements about the variant."""
    rng, category = writer.rng, writer.family.category
    middle = writer.facts(count)
    middle += rng.sample(category.good, rng.choice((0, 1, 1, 2)))
    if rng.random() < 0.3:
        middle.append(f"{rng.choice(phrases()['contrast'])} {rng.choice(category.bad)}")
    middle += _small_talk(writer, (0.3, 0.3, 0.12, 0.22))
    rng.shuffle(middle)
    return [writer.opening(), *middle, *([writer.farewell()] if rng.random() < 0.7 else [])]


def vague(writer: Writer, count: int) -> list[str]:
    """Sentences of a review that fits any product of its category, with at most `count` statements."""
    rng, category = writer.rng, writer.family.category
    middle = rng.sample(phrases()["generic"], rng.choice((1, 2, 2, 3)))
    if rng.random() < 0.35:
        middle.append(rng.choice(category.good))
    middle += writer.facts(count)
    middle += _small_talk(writer, (0.0, 0.35, 0.05, 0.12))
    rng.shuffle(middle)
    return [writer.opening(), *middle, *([writer.farewell()] if rng.random() < 0.8 else [])]


def _small_talk(writer: Writer, chances: tuple[float, float, float, float]) -> list[str]:
    """Comparisons, stories, accessories and praise, each with its own probability."""
    found = []
    for purpose, chance in zip(("versus", "stories", "extras", "generic"), chances, strict=True):
        if writer.rng.random() < chance:
            found.append(writer.sentence(purpose))
    return found


def _lowered(sentence: str) -> str:
    """A sentence in the form after "Also,": only names, abbreviations and "I" keep their capitals."""
    first = sentence.split()[0]
    keeps = first == "I" or not first.isalpha() or first[1:].lower() != first[1:]
    return sentence if keeps else sentence[:1].lower() + sentence[1:]


def _pluralised(name: str) -> str:
    head, space, last = name.rpartition(" ")
    return head + space + PLURALS.get(last.lower(), f"{last}s")
