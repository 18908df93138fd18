"""Settings of the baseline (section 4)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ameli_build.core.settings.section import Epochs, LearningRate, Probability, Section, Share, Tokens, unit

Reviews = Annotated[int, unit("reviews")]
Width = Annotated[int, unit("numbers")]


class BaselineSettings(Section):
    """Section 4: retrieval, attributes, text module and image module."""

    runs: Annotated[int, unit("runs")] = Field(default=3, ge=1)
    """Runs with the seeds `run.seed`, `run.seed + 1` and so on; the tables give their mean and deviation."""
    retrieve: Annotated[int, unit("products")] = Field(default=1000, ge=1)
    """Products of each channel's ranking (the paper's J)."""
    entity_text: tuple[Literal["title", "description"], ...] = Field(default=("title", "description"), min_length=1)
    """Texts of a product for retrieval, in this order; the title if they are empty."""
    cross_channel: bool = True
    """Use the score of `models.cross_encoder`, if there is one, as a third channel of retrieval."""
    index: str = "exact"
    """Search of the first `retrieve` products: "exact", or the factory string of a faiss index such as HNSW32."""
    text_tuning_epochs: Epochs = Field(default=0, ge=0)
    """Fine-tuning of the text encoder for retrieval; with 0 its rows are null."""
    text_tuning_reviews: Reviews = Field(default=0, ge=0)
    """Train reviews for the fine-tuning of the text encoder; 0 takes all."""
    text_tuning_learning_rate: LearningRate = Field(default=1e-5, gt=0)
    """Learning rate of that fine-tuning."""
    text_tuning_batch: Reviews = Field(default=32, ge=2)
    """Train reviews of a step of that fine-tuning, each with its gold product and a hard negative."""
    text_tuning_warmup: Share = Field(default=0.1, ge=0, le=1)
    """Steps of that fine-tuning in which the learning rate rises to its value."""
    keep: Annotated[int, unit("products")] = Field(default=10, ge=1, le=100)
    """Retrieved candidates that disambiguation ranks (the paper's K)."""
    prior: Literal["before", "after"] = "before"
    """Apply the prior filter before or after the cut to `keep` candidates."""
    attribute_values: Literal["mention", "knowledge_base", "retrieved"] = "mention"
    """Products whose attribute values are searched for in a review: products that the mention can denote, all products,
    or the retrieved products."""
    attribute_filter: bool = True
    """Drop candidates that have a stated attribute with another value."""
    ocr_photos: Literal["first", "all"] = "first"
    """Photographs of a review for OCR. Always all if `images` is not `first`."""
    ocr_images: Annotated[int, unit("images")] = 0
    """Review images for OCR in the whole run; 0 reads all."""
    ocr_rotations: Annotated[tuple[Literal[90, 180, 270], ...], unit("degrees: 90, 180, 270")] = (90, 180, 270)
    """Angles at which OCR reads an image again, as in the authors' code."""
    generated_keys: Annotated[int, unit("attributes")] = Field(default=8, ge=1)
    """Attributes of a review that `models.generator` and `models.implied` are asked for, most frequent first."""
    generated_tokens: Tokens = Field(default=16, ge=1)
    """Longest value that the generator may write."""
    implied_threshold: Probability = Field(default=0.5, ge=0, le=1)
    """Probability above which a review implies a value."""
    implied_margin: Annotated[float, unit("difference of probabilities")] = Field(default=0.1, ge=0, le=1)
    """Least distance of the best value from the second; with less there is no answer."""
    implied_values: Annotated[int, unit("values")] = Field(default=20, ge=2)
    """Values of an attribute that are compared with a review, most frequent first."""
    attributes_per_candidate: Annotated[int, unit("attributes")] = 4
    """Attributes of a candidate in the text module, beside its name and description."""
    text_epochs: Epochs = 20
    """Training of the text module."""
    text_pooled: Width = Field(default=64, ge=1)
    """Output size of the text module's pooler, for each pair."""
    text_hidden: Width = Field(default=256, ge=1)
    """Hidden size of the text module's head."""
    text_learning_rate: LearningRate = 1e-3
    """Learning rate of the text module's pooler and head."""
    text_signals: bool = True
    """Give the head numbers that are not encodings, which the paper does not: whether the review states each
    attribute's value, and its cosines with name and description."""
    text_layers: Annotated[int, unit("layers")] = Field(default=0, ge=-1)
    """Top layers of the text module's encoder that are trained; 0 for none, -1 for all and the embeddings."""
    text_encoder_learning_rate: LearningRate = Field(default=1e-5, gt=0)
    """Learning rate of these layers."""
    text_accumulate: Annotated[int, unit("parts")] = Field(default=1, ge=1)
    """Parts into which a batch is split for a trained encoder. Memory holds a single part; the step is the same."""
    text_reviews: Reviews = Field(default=0, ge=0)
    """Train reviews for the text module; 0 takes all."""
    text_candidates: Annotated[int, unit("products")] = Field(default=0, ge=0)
    """Candidates of a train review for the text module, gold product included; 0 takes all `keep`."""
    adapters: Literal["separate", "shared"] = "separate"
    """Two adapters, for reviews and for products; or a shared adapter, mixed 0.2 to 0.8 with the embedding as in the
    authors' code."""
    adapter_scale: Annotated[float, unit("factor")] = Field(default=1.0, gt=0)
    """Factor of the cosines in the contrastive loss; 1 is the paper's loss."""
    image_scale: Annotated[float, unit("factor")] = Field(default=20.0, gt=0)
    """Factor of the cosines in the image module's softmax over the candidates, which is almost flat with 1."""
    images: Literal["first", "maximum", "mean"] = "first"
    """Images that retrieval and the image module compare: the first of each side, or all pairs, pooled."""
    adapter_hidden: Width = 192
    """Hidden size of the adapters."""
    adapter_epochs: Epochs = 30
    """Training of the adapters."""
    adapter_learning_rate: LearningRate = 3e-4
    """Learning rate of the adapters."""
    batch: Reviews = 32
    """Train reviews of a step, for text module and adapters."""
    bootstrap: Annotated[int, unit("resamples")] = 1000
    """Resamples for the confidence intervals."""
    max_tokens: Tokens = 128
    """Length to which a pair of the text module is cut."""

    @property
    def reads_all_photos(self) -> bool:
        """Whether OCR reads all photographs of a review, not only the first."""
        return self.ocr_photos == "all" or self.images != "first"
