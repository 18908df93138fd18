"""Settings of the stages between crawl and release (sections 3.2 to 3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, create_model, model_validator

from ameli_build.core.filters import FILTERS
from ameli_build.core.settings.section import Cosine, Probability, Section, Share, Tokens, unit

_ADDED: dict[str, Any] = {
    one.setting: (Annotated[float, unit(one.unit)], Field(default=one.default, description=one.help)) for one in FILTERS
}
if TYPE_CHECKING:
    _AddedFilters = Section
else:
    _AddedFilters = create_model("_AddedFilters", __base__=Section, **_ADDED)


class CleanSettings(_AddedFilters):
    """Section 3.2: the seven filters."""

    tokenizer: str = ""
    """Tokenizer that counts the tokens of a review. Empty: that of `models.text_encoder`."""
    max_tokens: Tokens = Field(default=500, ge=1)
    """Length above which a review leaves as `too_long`, special tokens not counted."""
    relink: bool = True
    """Link a review whose links are all invalid to the variant that it names, if the catalogue has that variant.
    Without: the review leaves as `wrong_variant`."""
    profanity_list: str = ""
    """File with a word or phrase on each line, or separated by commas. Empty: better-profanity's list. The paper's
    list, by Free Web Headers, is not part of this package (see `docs/build.md`)."""
    profanity_allow: tuple[str, ...] = ()
    """Words that are no profanity, beside the documented list of product words."""
    max_pixels: Annotated[int, unit("pixels")] = 89_478_485
    """Size above which an image is not decoded."""
    mask_personal: bool = True
    """Mask e-mail addresses and telephone numbers in the texts of reviews."""
    box_threshold: Probability = 0.3
    """Score that the box of the object must exceed, else the image is dropped (filter 7)."""
    text_threshold: Probability = 0.25
    """Score that a word of the prompt must exceed in the box (Grounding DINO only)."""


class MentionSettings(Section):
    """Section 3.3: mentions."""

    max_words: Annotated[int, unit("words")] = Field(default=6, ge=1)
    """Words of the longest mention."""
    source: Literal["gold", "catalogue"] = "gold"
    """Names that are searched for in a review: names of its gold product, or of all products."""
    rule: Literal["careful", "paper", "authors"] = "careful"
    """`careful`: this project's names and contexts. `paper`: every n-gram that equals a root word or noun chunk.
    `authors`: all spans of the chunk, as in the authors' code."""


class InformativenessSettings(Section):
    """Section 3.4: informative reviews. A feature must exceed its threshold; equality is not enough."""

    rule: Literal["any", "all", "count"] = "any"
    """A review is informative if any, all, or `min_features` of the four features exceed their thresholds."""
    min_features: Annotated[int, unit("features")] = Field(default=1, ge=1, le=4)
    """Features that must exceed their thresholds with `rule = "count"`."""
    match: Literal["normalised", "exact"] = "normalised"
    """Compare attribute values in a normal form ("1tb" is "1000 gigabytes"), or as they are written."""
    similarity: Literal["cosine", "cross-encoder"] = "cosine"
    """Comparison of description and title with the review: cosine of the text encoder, or logit of
    `models.cross_encoder`. A logit has either sign and needs other thresholds."""
    n_attributes: Annotated[float, unit("attributes")] = 3
    """Threshold of the number of attributes that a review mentions."""
    image_similarity: Cosine = 0.7
    """Threshold of the similarity of review and product images."""
    description_similarity: Annotated[float, unit("cosine, or logit")] = 0.6
    """Threshold of the similarity of review and description."""
    title_similarity: Annotated[float, unit("cosine, or logit")] = 0.6
    """Threshold of the similarity of review and title."""
    thresholds_from: str = ""
    """Source of the four thresholds, for card and report. Empty: nobody chose them for these models."""
    thresholds_for: str = ""
    """Comparison and models for which the thresholds were found, in the words of `Settings.compared`. Empty: unknown.
    For any other comparison the thresholds count as chosen by nobody."""
    images: Literal["maximum", "mean", "first"] = "maximum"
    """Similarity of several image pairs: the highest, the mean, or that of the first pair."""
    min_precision: Share = 0.85
    """Precision of "informative" that a calibration must reach (85 % in the paper)."""
    confidence: Probability = Field(default=0.95, ge=0.5, lt=1)
    """One-sided confidence with which a calibration must reach `min_precision`; 0.5 is the paper's plain objective."""


class CandidateSettings(Section):
    """Section 3.5: hard negatives."""

    k: Annotated[int, unit("products")] = Field(default=10, ge=1)
    """Nearest products by title, and as many by image."""
    within_category: bool = False
    """Search hard negatives in the gold product's category only."""


class SplitSettings(Section):
    """Section 3.5: train, dev and test, and near-duplicates across them."""

    policy: Literal["product", "review", "family", "greedy"] = "product"
    """Unit that never spans two splits: product, review or variant family; or the authors' greedy rule."""
    train: Share = Field(default=0.75, ge=0)
    """Share of the train split."""
    dev: Share = Field(default=0.10, ge=0)
    """Share of the dev split."""
    test: Share = Field(default=0.15, ge=0)
    """Share of the test split."""
    near_duplicates: Literal["report", "drop"] = "report"
    """Report near-duplicates in different splits, or remove the later of two as `leak`."""
    near_text: Annotated[float, unit("Jaccard similarity, 0 to 1")] = Field(default=0.8, ge=0.5, le=1)
    """Similarity of word triples from which two reviews are near-duplicates."""
    near_image: Annotated[int, unit("bits of 256")] = Field(default=32, ge=0, le=64)
    """Difference of perceptual hashes up to which two photographs are near-duplicates."""

    @model_validator(mode="after")
    def _shares_of_a_whole(self) -> SplitSettings:
        shares = (self.train, self.dev, self.test)
        if abs(sum(shares) - 1) > 1e-6:
            raise ValueError(f"splits.train, splits.dev, splits.test: {shares} are not shares that add up to 1")
        return self
