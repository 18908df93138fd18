"""Every value that a run can be given, and where it comes from.

From weak to strong: the defaults here, the profile, the snapshot's own (`settings/*.toml`, such as the calibrated
thresholds in `informativeness.toml`), the environment (`AMELI_CLEAN__MAX_TOKENS`), `--set clean.max_tokens=400`.

A snapshot can come from anybody. What it carries sets thresholds, rules and texts, never a model, an address or a path
outside of it (`OF_A_SNAPSHOT`).
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ameli_build import __version__
from ameli_build.devices import best_device
from ameli_build.snapshot import Snapshot, UnusableInput

PROFILES = ("demo", "local", "small", "paper", "authors")
THRESHOLDS = ("n_attributes", "image_similarity", "description_similarity", "title_similarity")
"""Settings of the section `informativeness` that a calibration finds."""
OF_A_SNAPSHOT = (
    *("clean.max_tokens", "clean.relink", "clean.profanity_list", "clean.profanity_allow", "clean.mask_personal"),
    *("clean.box_threshold", "clean.text_threshold"),
    *("mentions", "informativeness", "candidates", "splits", "release", "sheets", "report"),
)
"""Settings, or whole sections, that a snapshot's own files can set; all others are for who runs the program."""
PROJECT_PAGE = "https://github.com/ameli-build/ameli-build"


class Section(BaseModel):
    """A group of settings; an unknown name in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class RunSettings(Section):
    """What holds for all stages."""

    seed: int = 13
    shard_rows: int = Field(default=256, ge=1)
    """Rows a shard: the unit of caching, and what a batch of a model is cut from."""
    cache: str = Field(default="", exclude=True)
    """A folder for the cache, which snapshots can share; empty for the snapshot's own. No result depends on it."""
    least_free: int = Field(default=1_000_000_000, ge=0, exclude=True)
    """Bytes that must be free on the disk before a crawl or a stage begins."""
    strict: bool = Field(default=False, exclude=True)
    """A run fails, and does not only warn, where a split is empty, a row of the baseline that was to be run holds
    nothing but nulls, or `ameli verify` finds something."""


class CrawlSettings(Section):
    """Section 3.1: how the shop is asked."""

    site_url: str = "https://www.bestbuy.com"
    sitemap_url: str = "https://sitemaps.bestbuy.com/sitemaps_pdp.xml"
    hosts: tuple[str, ...] = ("www.bestbuy.com", "sitemaps.bestbuy.com")
    image_hosts: tuple[str, ...] = ("pisces.bbystatic.com", "img.bbystatic.com", "photos-us.bazaarvoice.com")
    products: Literal["site", "api"] = "site"
    """Where product records come from: product pages, or the shop's developer API (key in `BESTBUY_API_KEY`)."""
    api_url: str = "https://api.bestbuy.com"
    api_rate: float = Field(default=5.0, gt=0, le=5.0)
    """Calls a second of the developer API; its terms allow 5."""
    api_calls_per_day: int = Field(default=50_000, ge=1, le=50_000)
    transport: Literal["requests", "browser"] = "requests"
    """`browser` asks for pages and review JSON through plain Selenium, for shops that answer nothing else."""
    allow_loopback: bool = False
    user_agent: str = f"Mozilla/5.0 (compatible; ameli-build/{__version__}; +{PROJECT_PAGE})"
    """Says who asks; put a page or an address of your own behind the `+` for a crawl of weeks."""
    rate: float = Field(default=0.5, gt=0)
    """Requests a second and host."""
    threads: int = Field(default=4, ge=1)
    connections: int = Field(default=2, ge=1)
    """Requests under way at a time and host."""
    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    deadline: float = 120.0
    """Seconds that one request may take in all, its body included."""
    retries: int = Field(default=4, ge=0)
    backoff: float = 1.0
    retry_after_ceiling: float = 300.0
    max_page_bytes: int = 20_000_000
    max_image_bytes: int = 30_000_000
    max_forbidden: int = Field(default=10, ge=1)
    """Refusals (403, block pages) in a row after which the crawl stops; those of an image host end that host alone."""
    max_failures: int = Field(default=20, ge=1)
    """Failures in a row (no connection, timeouts, 5xx) after which a host is left alone for a while."""
    max_outage: float = Field(default=3600.0, ge=0)
    """Seconds without an answer after which a host that is down is given up."""
    specifications: Literal["auto", "click", "json"] = "auto"
    click_timeout: float = 10.0
    browsers: int = Field(default=1, ge=1)
    """Browsers that click at a time."""
    pages_per_browser: int = Field(default=200, ge=1)
    browser_url: str = ""
    """A remote Selenium; empty for a local headless Chromium."""
    refresh_images: Literal["ask", "trust"] = "ask"
    """A refresh asks the host whether a known image has changed, or trusts that a picture's address never changes."""
    review_page_size: int = Field(default=20, ge=1, le=100)
    review_sort: str = "MOST_RECENT"


class ModelSettings(Section):
    """Models by name; `models/` says which forms a name can take."""

    text_encoder: str = "bundled:minilm"
    image_encoder: str = "bundled:tiny-clip"
    cross_encoder: str = ""
    nli_encoder: str = ""
    """Encoder of the text module; empty for `text_encoder`."""
    detector: str = "saliency"
    ocr: str = "rapidocr"
    generator: str = ""
    """Causal language model that completes attribute values; empty runs none."""
    implied: str = ""
    """Natural-language-inference or question-answering model that finds implied values; empty runs none."""
    language: str = "bundled:en"
    resnet: str = ""
    device: str = Field(default="auto", validate_default=True)
    """`auto` (a GPU where there is one), `cpu`, `cuda`, `cuda:1`, ...; `mps` has not been tried."""
    processes: Literal["one", "workers"] = "one"
    """Who loads models: one process, whose libraries use all processors, or each worker. On a GPU always one."""
    batch: int = Field(default=32, ge=1)
    text_backend: Literal["torch", "onnx", "onnx-int8"] = "torch"
    """What runs `text_encoder`: PyTorch, or ONNX Runtime on the processor, weights as they are or in eight bits."""
    precision: Literal["auto", "full"] = "auto"
    """Of the text and the image encoder on a GPU: half where they bear it, or full; on the processor always full."""

    @field_validator("device")
    @classmethod
    def _a_device_that_is_there(cls, device: str) -> str:
        return best_device() if device == "auto" else device

    @property
    def in_one_process(self) -> bool:
        """Whether one process loads the models, not each worker."""
        return self.processes == "one" or self.device != "cpu"


class CleanSettings(Section):
    """Section 3.2: the seven filters."""

    tokenizer: str = ""
    """Tokenizer that counts; empty for that of the text encoder."""
    max_tokens: int = Field(default=500, ge=1)
    relink: bool = True
    profanity_list: str = ""
    """A file with one word or phrase a line (or comma-separated); empty for better-profanity's list. The paper's list,
    by Free Web Headers, is not in this package: docs/build.md says how to use it."""
    profanity_allow: tuple[str, ...] = ()
    """Further words that are allowed, beside the documented list of product words."""
    max_pixels: int = 89_478_485
    mask_personal: bool = True
    """Mask e-mail addresses and telephone numbers in the texts that stay."""
    box_threshold: float = 0.3
    text_threshold: float = 0.25


class MentionSettings(Section):
    """Section 3.3."""

    max_words: int = Field(default=6, ge=1)
    source: Literal["gold", "catalogue"] = "gold"
    rule: Literal["careful", "paper", "authors"] = "careful"
    """This project's names and contexts; root word and noun chunk as the paper says, every n-gram that is one; or all
    spans of the chunk, as the authors' code."""


class InformativenessSettings(Section):
    """Section 3.4: a feature must exceed its threshold; ties do not."""

    rule: Literal["any", "all", "count"] = "any"
    """A review is informative when any, all, or `min_features` of the four exceed their thresholds."""
    min_features: int = Field(default=1, ge=1, le=4)
    match: Literal["normalised", "exact"] = "normalised"
    """Attribute values in one spelling for sheet and text ("1tb" is "1000 gigabytes"), or as they are written."""
    similarity: Literal["cosine", "cross-encoder"] = "cosine"
    """How description and title are compared with the review: by the text encoder's cosine, or by the logit of
    `models.cross_encoder`, which has either sign and needs thresholds of its own."""
    n_attributes: float = 3
    image_similarity: float = 0.7
    description_similarity: float = 0.6
    title_similarity: float = 0.6
    thresholds_from: str = ""
    """Where the four thresholds come from, as card and report say it; empty where nobody chose them for the models."""
    thresholds_for: str = ""
    """What they were found for, in the words of `Settings.compared`; empty where that is not known. Where a run
    compares otherwise, nobody chose them for its models."""
    images: Literal["maximum", "mean", "first"] = "maximum"
    min_precision: float = 0.85
    """Precision of "informative" that a calibration asks for (the paper's 85 %)."""
    confidence: float = Field(default=0.95, ge=0.5, lt=1)
    """One-sided confidence at which that precision has to hold; 0.5 is the paper's plain objective."""


class CandidateSettings(Section):
    """Section 3.5: hard negatives."""

    k: int = Field(default=10, ge=1)
    within_category: bool = False


class SplitSettings(Section):
    """Section 3.5: shares of train, dev and test, and what stands in two of them all but unchanged."""

    policy: Literal["product", "review", "family", "greedy"] = "product"
    train: float = Field(default=0.75, ge=0)
    dev: float = Field(default=0.10, ge=0)
    test: float = Field(default=0.15, ge=0)
    near_duplicates: Literal["report", "drop"] = "report"
    """Of two near-duplicates in different splits, `drop` lets the later one leave as `leak`."""
    near_text: float = Field(default=0.8, ge=0.5, le=1)
    """Reviews are near-duplicates from this Jaccard similarity of their words, three by three."""
    near_image: int = Field(default=32, ge=0, le=64)
    """Photographs are near-duplicates when at most so many of the 256 bits of their perceptual hashes differ."""

    @model_validator(mode="after")
    def _shares_of_a_whole(self) -> SplitSettings:
        shares = (self.train, self.dev, self.test)
        if abs(sum(shares) - 1) > 1e-6:
            raise ValueError(f"splits.train, splits.dev, splits.test: {shares} are not shares that add up to 1")
        return self


class ReleaseSettings(Section):
    """What the released folder says of itself."""

    name: str = "AMELI snapshot"
    license: str = "unknown"
    homepage: str = ""
    strip_metadata: bool = True
    """Pictures are released without EXIF (where and by what camera), XMP and comments; pixels stay as they are."""
    generated: bool = False
    """The snapshot is the demo's made-up world; its card says so."""


class BaselineSettings(Section):
    """Section 4."""

    runs: int = Field(default=3, ge=1)
    """Runs with the seeds `run.seed`, `run.seed + 1` and so on, of which the tables give mean and deviation."""
    retrieve: int = Field(default=1000, ge=1)
    entity_text: tuple[Literal["title", "description"], ...] = Field(default=("title", "description"), min_length=1)
    """What text retrieval reads of a product, in this order; its title where that is empty."""
    cross_channel: bool = True
    """The score of `models.cross_encoder`, where there is one, is a third channel of retrieval."""
    index: str = "exact"
    """How the top `retrieve` are searched: "exact", or the factory string of a faiss index such as HNSW32."""
    text_tuning_epochs: int = Field(default=0, ge=0)
    """Epochs of fine-tuning the text encoder for retrieval; 0 does without, and its rows are null."""
    text_tuning_reviews: int = Field(default=0, ge=0)
    """The text encoder learns from at most so many train reviews; 0 takes all."""
    text_tuning_learning_rate: float = Field(default=1e-5, gt=0)
    text_tuning_batch: int = Field(default=32, ge=2)
    """Train reviews a batch, each with its gold product and one hard negative."""
    text_tuning_warmup: float = Field(default=0.1, ge=0, le=1)
    """Share of the steps in which the learning rate rises to its value."""
    keep: int = Field(default=10, ge=1, le=100)
    prior: Literal["before", "after"] = "before"
    attribute_values: Literal["mention", "knowledge_base", "retrieved"] = "mention"
    attribute_filter: bool = True
    ocr_photos: Literal["first", "all"] = "first"
    """Photographs of a review that OCR reads: the first, or all. All too where `images` compares all."""
    ocr_images: int = 0
    """At most so many review images are read by OCR; 0 reads all."""
    ocr_rotations: tuple[Literal[90, 180, 270], ...] = (90, 180, 270)
    """Degrees by which pictures are turned to read them once more, as in the authors' code."""
    generated_keys: int = Field(default=8, ge=1)
    """Attributes a review that the generator and the implied values are asked for, most frequent first."""
    generated_tokens: int = Field(default=16, ge=1)
    """Tokens that the generator may write for one attribute."""
    implied_threshold: float = Field(default=0.5, ge=0, le=1)
    """Probability above which a value counts as implied by a review."""
    implied_margin: float = Field(default=0.1, ge=0, le=1)
    """By so much at least it must beat the next value, or no answer."""
    implied_values: int = Field(default=20, ge=2)
    """Values of an attribute that a review is held against, most frequent first."""
    attributes_per_candidate: int = 4
    text_epochs: int = 20
    text_pooled: int = Field(default=64, ge=1)
    """Numbers that the text module's pooler makes of each pair's encoding."""
    text_hidden: int = Field(default=256, ge=1)
    text_learning_rate: float = 1e-3
    text_signals: bool = True
    """The head also reads numbers that no encoder made, which the paper does not have: whether the review states each
    attribute's value, and its cosines with name and description."""
    text_layers: int = Field(default=0, ge=-1)
    """Top layers of the text module's encoder that learn with its head; 0 for none, -1 for all and the embeddings."""
    text_encoder_learning_rate: float = Field(default=1e-5, gt=0)
    text_accumulate: int = Field(default=1, ge=1)
    """Pieces in which a batch goes through an encoder that learns: memory holds one piece, the step is the same."""
    text_reviews: int = Field(default=0, ge=0)
    """The text module learns from at most so many train reviews; 0 takes all."""
    text_candidates: int = Field(default=0, ge=0)
    """Candidates of a train review that the text module learns from, gold included; 0 takes all `keep`."""
    adapters: Literal["separate", "shared"] = "separate"
    """`shared` is one adapter for both sides, mixed 0.2 to 0.8 with the embedding, as in the authors' code."""
    adapter_scale: float = Field(default=1.0, gt=0)
    """Factor of the cosines in the contrastive loss; 1 is the loss as the paper writes it."""
    image_scale: float = Field(default=20.0, gt=0)
    """Factor of the cosines in the image module's softmax over the candidates, which is all but flat without one."""
    images: Literal["first", "maximum", "mean"] = "first"
    """Pictures that retrieval and the image module compare: the first of each side, or all pairs, pooled."""
    adapter_hidden: int = 192
    adapter_epochs: int = 30
    adapter_learning_rate: float = 3e-4
    batch: int = 32
    bootstrap: int = 1000
    max_tokens: int = 128

    @property
    def reads_all_photos(self) -> bool:
        """Whether OCR reads all photographs of a review, not only the first."""
        return self.ocr_photos == "all" or self.images != "first"


class SheetSettings(Section):
    """Section 3.5: sheets for annotators."""

    reviews_per_page: int = Field(default=10, ge=1)
    informativeness_reviews: int = Field(default=500, ge=1)
    """Reviews that go out for section 3.4's labels, of all that have a mention."""
    mention_reviews: int = Field(default=200, ge=1)
    """Reviews that go out for the check of section 3.3's mentions."""
    megabytes: float = Field(default=120.0, gt=0)
    """About what the product pictures of one HTML sheet may take; they are made smaller to fit."""


class ReportSettings(Section):
    """The page that shows a snapshot."""

    misses: int = Field(default=30, ge=0)
    """Worst misses shown side by side, the surest first."""


class Settings(BaseModel):
    """All settings of a run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: str = "small"
    run: RunSettings = RunSettings()
    crawl: CrawlSettings = CrawlSettings()
    models: ModelSettings = ModelSettings()
    clean: CleanSettings = CleanSettings()
    mentions: MentionSettings = MentionSettings()
    informativeness: InformativenessSettings = InformativenessSettings()
    candidates: CandidateSettings = CandidateSettings()
    splits: SplitSettings = SplitSettings()
    release: ReleaseSettings = ReleaseSettings()
    sheets: SheetSettings = SheetSettings()
    baseline: BaselineSettings = BaselineSettings()
    report: ReportSettings = ReportSettings()

    @property
    def compared(self) -> str:
        """How section 3.4 compares a review with its product, and by which models: what its thresholds hold for."""
        how, models = self.informativeness, self.models
        texts = models.cross_encoder if how.similarity == "cross-encoder" else models.text_encoder
        return f"{how.match} values, texts by {how.similarity} of {texts}, pictures by {models.image_encoder}"

    @property
    def has_strange_thresholds(self) -> bool:
        """Whether section 3.4's thresholds were found for something else than this run compares."""
        return self.informativeness.thresholds_for not in ("", self.compared)


def load_settings(
    profile: str | None = None, overrides: Sequence[str] = (), snapshot: Snapshot | None = None
) -> Settings:
    """The settings of a run.

    Without `profile`, the one that the snapshot's `run.json` names, else `small`. `overrides` are `section.key=value`.
    Raises `UnusableInput` that names the setting at fault.
    """
    name = profile or _profile_of(snapshot) or "small"
    values = _read_profile(name)
    values["profile"] = name
    if name not in PROFILES:
        _credit(values, _informativeness(values), "the user")
    if snapshot is not None:
        for own in sorted((snapshot.root / "settings").glob("*.toml")):
            above = _read_own(own, snapshot.root)
            _merge(values, above)
            _credit(values, _informativeness(above), f"settings/{own.name}")
    asked = [*_environment(), *map(_asked, overrides)]
    for key, text in asked:
        _set(values, key, text)
    _credit(values, {key.removeprefix("informativeness.") for key, _ in asked}, "the user")
    try:
        return _disowned(Settings.model_validate(values))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnusableInput(f"setting {where}: {first['msg']} (given: {first['input']!r})") from None


def _profile_of(snapshot: Snapshot | None) -> str | None:
    if snapshot is None or not (snapshot.root / "run.json").is_file():
        return None
    path = snapshot.root / "run.json"
    try:
        profile = str(json.loads(path.read_text())["settings"]["profile"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnusableInput(f"{path}: unreadable ({error})") from None
    if profile not in PROFILES:  # a file of profiles can name models, and a snapshot can come from anybody
        raise UnusableInput(f"{path}: was made with the profile {profile!r}; say --profile to use a file of yours")
    return profile


def _read_profile(name: str) -> dict[str, Any]:
    if name in PROFILES:
        return tomllib.loads(files("ameli_build.profiles").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    path = Path(name)
    if not path.is_file():
        raise UnusableInput(f"profile {name!r}: neither one of {', '.join(PROFILES)} nor a file")
    return _read_toml(path)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableInput(f"{path}: {error}") from None


def _read_own(path: Path, root: Path) -> dict[str, Any]:
    """A file of the snapshot in `root`; raises `UnusableInput` for a setting that a snapshot cannot make."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise UnusableInput(f"{path}: a symbolic link that leads out of the snapshot")
    values = _read_toml(path)
    for section, group in values.items():
        names = [f"{section}.{name}" for name in group] if isinstance(group, dict) else []
        for name in names or [section]:
            if section not in OF_A_SNAPSHOT and name not in OF_A_SNAPSHOT:
                raise UnusableInput(
                    f"setting {name}: {path}: a snapshot's own settings cannot make it; use a profile or --set"
                )
    listed = values.get("clean", {}).get("profanity_list")
    if listed:
        values["clean"]["profanity_list"] = str(_inside(str(listed), root, path))
    return values


def _inside(name: str, root: Path, told_by: Path) -> Path:
    """A file that a snapshot names relative to itself; raises `UnusableInput` where that leads out of it."""
    found = root / name
    if not found.resolve().is_relative_to(root.resolve()):
        raise UnusableInput(
            f"setting clean.profanity_list: {told_by}: {name} is not in the snapshot; copy it there, or use --set"
        )
    return found


def _environment() -> list[tuple[str, str]]:
    """Settings from variables named AMELI_SECTION__KEY, sorted by name."""
    found = sorted(name for name in os.environ if name.startswith("AMELI_") and "__" in name)
    return [(name.removeprefix("AMELI_").lower().replace("__", ".", 1), os.environ[name]) for name in found]


def _asked(override: str) -> tuple[str, str]:
    """The name and the value of an `override`."""
    key, sign, text = override.partition("=")
    if not sign or "." not in key:
        raise UnusableInput(f"--set {override}: expected SECTION.KEY=VALUE")
    return key.strip(), text.strip()


def _informativeness(values: Mapping[str, Any]) -> Mapping[str, Any]:
    section = values.get("informativeness")
    return section if isinstance(section, dict) else {}


def _credit(values: dict[str, Any], names: Collection[str], who: str) -> None:
    """Put into `thresholds_from` that `who` set those thresholds that are among `names`, unless they say it already."""
    theirs = [name for name in THRESHOLDS if name in names]
    everything = len(theirs) == len(THRESHOLDS)
    if not isinstance(values.get("informativeness"), dict):
        return
    if "thresholds_for" not in names and (everything or "thresholds_from" in names):
        values["informativeness"]["thresholds_for"] = ""  # whoever sets all, or says whose they are, answers for them
    if not theirs or "thresholds_from" in names:
        return
    others = values["informativeness"].get("thresholds_from") or "defaults"
    values["informativeness"]["thresholds_from"] = who if everything else f"{others}; {', '.join(theirs)}: {who}"


def _disowned(settings: Settings) -> Settings:
    """The same settings; nobody chose thresholds that were found for something else."""
    if not settings.has_strange_thresholds:
        return settings
    section = settings.informativeness.model_copy(update={"thresholds_from": ""})
    return settings.model_copy(update={"informativeness": section})


def _merge(values: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _merge(values[key], value)
        else:
            values[key] = value


def _set(values: dict[str, Any], key: str, text: str) -> None:
    """Set `section.key` from text: JSON where it parses (numbers, true, lists), else the text itself."""
    section, _, name = key.partition(".")
    field = Settings.model_fields.get(section)
    kind = field.annotation if field is not None else None
    target = kind.model_fields.get(name) if isinstance(kind, type) and issubclass(kind, Section) else None
    if target is None:
        raise UnusableInput(f"setting {key}: there is no such setting")
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if target.annotation is str:
        value = text  # a model called "123" stays a name
    group = values.setdefault(section, {})
    if isinstance(group, dict):  # else the profile is at fault, which validation tells
        group[name] = value
