"""The `ameli` command: reads the arguments, calls the library, turns errors into exit statuses."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn, cast

import typer

from ameli_build.core.errors import AmeliError
from ameli_build.core.extras import extra_of, needs, require_extra
from ameli_build.core.limits import limit_message, require_room
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.text import printable
from ameli_build.core.version import __version__

if TYPE_CHECKING:
    from ameli_build.core.cache import Mapper
    from ameli_build.core.settings import Settings
    from ameli_build.crawl.journal import CrawlOptions

app = typer.Typer(
    help="Build and score AMELI, a benchmark for attribute-aware multimodal entity linking.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
sheets_app = typer.Typer(help="Annotation sheets: out to annotators, answers back in.", no_args_is_help=True)
app.add_typer(sheets_app, name="sheets")
crawl_app = typer.Typer(invoke_without_command=True, subcommand_metavar="[merge PART...]")
app.add_typer(crawl_app, name="crawl")
models_app = typer.Typer(help="The models of a profile: list, fetch, check.", no_args_is_help=True)
app.add_typer(models_app, name="models")


def local_path(text: str | Path) -> Path:
    """A path on this machine; raises `typer.BadParameter` for a URL, which would create a folder of that name."""
    if "://" in str(text):
        raise typer.BadParameter(
            f"{text} is a URL; this needs a path on this machine (only export, push, pull and run.cache take URLs)"
        )
    return Path(text)


path_option, path_argument = (partial(kind, parser=local_path) for kind in (typer.Option, typer.Argument))

SnapshotPath = Annotated[Path, path_argument(metavar="SNAPSHOT", help="Folder of the snapshot.")]
OutSnapshot = Annotated[Path, path_option("--out", metavar="SNAPSHOT", help="Folder of the snapshot to make.")]
STAGES = "catalog, clean, mentions, informativeness, candidates, splits or release"
"""Text for `--help`, which must be fast: `pipeline` with its list of stages is not imported."""
PROFILES = "demo, local, small, paper, authors, or a TOML file; default: the snapshot's profile, else small."
Profile = Annotated[str | None, typer.Option(help=PROFILES)]
Overrides = Annotated[list[str] | None, typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override a setting.")]
Workers = Annotated[
    int | None, typer.Option(min=1, envvar="AMELI_WORKERS", help="Worker processes; default: one a processor.")
]


def _settings(profile: str | None, override: list[str] | None, snapshot: Snapshot | None = None) -> Settings:
    from ameli_build.core.settings import load_settings

    return load_settings(profile, override or (), snapshot)


def _open(path: Path, profile: str | None, override: list[str] | None) -> tuple[Snapshot, Settings]:
    snapshot = Snapshot.open(path)
    return snapshot, _settings(profile, override, snapshot)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"ameli {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    """Options of every command."""


@app.command()
def demo(
    out: Annotated[Path, path_option(metavar="DIR", help="Folder of the demo's snapshot.")] = Path("ameli-demo"),
    products: Annotated[int, typer.Option(min=12, help="Products in the generated catalogue; 20: a quick look.")] = 240,
    seed: Annotated[int, typer.Option(help="Seed of the generated world.")] = 7,
    workers: Workers = None,
) -> None:
    """Run everything on a small generated world: crawl, build, sheets, baseline. No network, no GPU."""
    require_extra("demo", "ameli demo")
    from ameli_build.demo.run import run_demo

    with _mapper(workers) as mapper:
        run_demo(Snapshot(out), products, seed, mapper)


@crawl_app.callback()
def crawl(
    context: typer.Context,
    out: Annotated[
        Path | None, path_option(metavar="SNAPSHOT", help="Folder of the snapshot to make.  \\[required]")
    ] = None,
    profile: Profile = None,
    site_url: Annotated[str | None, typer.Option(help="URL that replaces every host of the shop.")] = None,
    category: Annotated[list[str] | None, typer.Option(metavar="ID", help="Start at this category's listing.")] = None,
    sku: Annotated[list[str] | None, typer.Option(metavar="SKU", help="Fetch this product.")] = None,
    max_products: Annotated[int | None, typer.Option(min=1, help="Largest number of products.")] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Retry failures, and fetch nothing else.")
    ] = False,
    refresh: Annotated[Path | None, path_option(metavar="EARLIER", help="Start from this earlier snapshot.")] = None,
    part: Annotated[str | None, typer.Option(metavar="I/N", help="Fetch part I of N, at 1/N of the pace.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print requests, time and disk.")] = False,
    override: Overrides = None,
) -> None:
    """Crawl listings, product pages, the specification click, reviews and images into SNAPSHOT/raw/."""
    if context.invoked_subcommand is not None:
        return
    if out is None:
        raise _UsageError("Missing option '--out'.", context)
    from ameli_build.crawl.run import crawl as run_crawl
    from ameli_build.crawl.run import with_site

    snapshot = Snapshot(out)
    earlier = Snapshot(refresh) if refresh is not None else None
    settings = with_site(_settings(profile, override, snapshot), site_url, *filter(None, (snapshot, earlier)))
    options: CrawlOptions = {
        "categories": category or (),
        "skus": sku or (),
        "max_products": max_products,
        "retry_failed": retry_failed,
        "refresh": earlier,
        "part": part,
    }
    if dry_run:
        from ameli_build.dry_run.crawl import dry_run as estimate

        print(estimate(snapshot, settings, **options))
        return
    with snapshot.lock():
        run_crawl(snapshot, settings, **options)


@crawl_app.command("merge")
def crawl_merge(
    parts: Annotated[list[Path], path_argument(metavar="PART...", help="Snapshots of all parts, in any order.")],
    out: OutSnapshot,
    partial_: Annotated[
        bool, typer.Option("--partial", help="Accept missing parts, and parts that are not finished.")
    ] = False,
) -> None:
    """Make one snapshot from the parts of a crawl (ameli crawl --part I/N)."""
    from ameli_build.crawl.merge import merge

    merge([*map(Snapshot, parts)], Snapshot(out), partial=partial_)


@app.command()
def replay(
    snapshot: SnapshotPath,
    out: Annotated[Path | None, path_option(metavar="SNAPSHOT2", help="Parse into another folder.")] = None,
    profile: Profile = None,
    override: Overrides = None,
    workers: Workers = None,
) -> None:
    """Parse the archived responses again, without network."""
    from ameli_build.catalog.replay import replay as run_replay

    source, settings = _open(snapshot, profile, override)
    target = Snapshot(out) if out is not None else source
    with target.lock(), _mapper(workers) as mapper:
        run_replay(source, settings, target, mapper)


@app.command()
def ingest(
    out: OutSnapshot,
    products: Annotated[Path, path_option(metavar="FILE", help="Products: JSON Lines (.gz, .zst) or Parquet.")],
    reviews: Annotated[Path, path_option(metavar="FILE", help="Reviews: JSON Lines (.gz, .zst) or Parquet.")],
    images: Annotated[Path | None, path_option(metavar="DIR", help="Folder that image paths start from.")] = None,
    fetch_images: Annotated[bool, typer.Option("--fetch-images", help="Download images given by URL.")] = False,
    profile: Profile = None,
    override: Overrides = None,
) -> None:
    """Bring your own raw records instead of a crawl."""
    from ameli_build.catalog.ingest import ingest as run_ingest

    snapshot = Snapshot(out)
    settings = _settings(profile, override, snapshot)
    with snapshot.lock():
        run_ingest(snapshot, products, reviews, images, settings, fetch_images=fetch_images)


@app.command()
def build(
    snapshot: SnapshotPath,
    profile: Profile = None,
    until: Annotated[str | None, typer.Option(metavar="STAGE", help=f"Last stage to run: {STAGES}.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the work, time and memory.")] = False,
    cluster: Annotated[
        str | None, typer.Option(metavar="URL", help="Run shards on dask://HOST:PORT, ray://HOST:PORT or ray://auto.")
    ] = None,
    override: Overrides = None,
    workers: Workers = None,
) -> None:
    """Clean, detect mentions, filter, find candidates, split, release: SNAPSHOT/dataset/."""
    opened, settings = _open(snapshot, profile, override)
    from ameli_build.pipeline import build as run_build

    if dry_run:
        from ameli_build.dry_run.build import dry_run as estimate

        print(estimate(opened, settings, until=until, workers=workers))
        return
    if cluster is not None:
        from ameli_build.cluster.connect import runner_of, shard_mapper, shared

        opened, settings = shared(opened, settings)
        with opened.lock(), shard_mapper(*runner_of(cluster), None, opened, settings) as mapper:
            run_build(opened, settings, until=until, mapper=mapper)
        return
    with opened.lock(), _mapper(workers) as mapper:
        run_build(opened, settings, until=until, mapper=mapper)


@app.command()
def work(
    snapshot: SnapshotPath,
    stage: Annotated[str, typer.Option(metavar="STAGE", help="Stage to fill the cache for.")],
    rank: Annotated[int, typer.Option(min=0, help="Number of this rank, from 0.")],
    of: Annotated[int, typer.Option(min=1, help="Number of ranks.")],
    profile: Profile = None,
    override: Overrides = None,
) -> None:
    """Fill the cache with every N-th shard of a stage, then with the missing ones; ameli build finds them all."""
    opened = Snapshot.open(snapshot)
    from ameli_build.core.settings import load_settings
    from ameli_build.fill import fill

    settings = load_settings(profile, override or (), opened)
    with opened.lock(shared=True):
        fill(opened, settings, stage, rank, of)


@app.command()
def explain(snapshot: SnapshotPath, review_id: str, profile: Profile = None, override: Overrides = None) -> None:
    """Print the history of a review: each verdict with its value and threshold."""
    opened, settings = _open(snapshot, profile, override)
    from ameli_build.explain import explain as run_explain

    print(run_explain(opened, review_id, settings))


@app.command()
def diff(
    snapshot_a: Annotated[Path, path_argument(metavar="SNAPSHOT_A", help="Folder of a snapshot.")],
    snapshot_b: Annotated[Path, path_argument(metavar="SNAPSHOT_B", help="Folder of the snapshot to compare.")],
    limit: Annotated[int, typer.Option(min=0, help="Examples of each kind of difference.")] = 5,
    everything: Annotated[bool, typer.Option("--all", help="Print all differences instead of examples.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two snapshots: settings, products, reviews, verdicts and scores."""
    opened_a, opened_b = Snapshot.open(snapshot_a), Snapshot.open(snapshot_b)
    from ameli_build.diff.run import diff as run_diff

    found = run_diff(opened_a, opened_b, None if everything else limit)
    print(found.as_json() if as_json else found)


@app.command()
def calibrate(
    snapshot: SnapshotPath,
    labels: Annotated[Path, path_argument(metavar="LABELS", help="CSV or JSON Lines: review_id, label (1 or 0).")],
    profile: Profile = None,
    override: Overrides = None,
) -> None:
    """Search thresholds for section 3.4 on labelled reviews; the next build uses them."""
    opened, settings = _open(snapshot, profile, override)
    require_extra("models", "ameli calibrate")
    from ameli_build.informativeness.calibrate import calibrate as run_calibrate

    with opened.lock():
        print(run_calibrate(opened, labels, settings))


SheetTask = Annotated[str, typer.Option(help="clean-test, informativeness or mentions.")]


@sheets_app.command("export")
def sheets_export(
    snapshot: SnapshotPath,
    annotators: Annotated[int, typer.Option(min=1, help="Number of annotators.")],
    format: Annotated[str, typer.Option(help="html, zip, xlsx or labelstudio.")] = "html",
    overlap: Annotated[int, typer.Option(min=0, help="Reviews that every annotator gets.")] = 0,
    split_megabytes: Annotated[float | None, typer.Option(help="Write larger HTML sheets in parts, for mail.")] = None,
    task: SheetTask = "clean-test",
    disagreements: Annotated[
        bool, typer.Option("--disagreements", help="Only reviews for which imported answers differ, for adjudicators.")
    ] = False,
    profile: Profile = None,
    override: Overrides = None,
) -> None:
    """Write an annotation sheet for each annotator into SNAPSHOT/sheets/."""
    opened, settings = _open(snapshot, profile, override)
    from ameli_build.annotation.sheets import export_sheets

    with opened.lock():
        for path in export_sheets(
            opened,
            format,
            annotators,
            overlap,
            task,
            settings,
            split_megabytes=split_megabytes,
            disagreements=disagreements,
        ):
            print(path)


@sheets_app.command("import")
def sheets_import(
    snapshot: SnapshotPath,
    files: Annotated[
        list[Path], path_argument(metavar="FILE...", help="Answers: JSON, CSV, XLSX, or a team's database.")
    ],
    profile: Profile = None,
    override: Overrides = None,
    workers: Workers = None,
) -> None:
    """Read answers: print accuracy and agreement, and release Clean-Test."""
    opened, settings = _open(snapshot, profile, override)
    from ameli_build.annotation.sheets import import_answers
    from ameli_build.pipeline import release_again

    with opened.lock(), _mapper(workers) as mapper:
        print(import_answers(opened, files, settings))
        release_again(opened, settings, mapper=mapper)


@sheets_app.command("serve")
def sheets_serve(
    snapshot: SnapshotPath,
    annotators: Annotated[int | None, typer.Option(min=1, help="Number of people; default: as before, or 1.")] = None,
    overlap: Annotated[int | None, typer.Option(min=0, help="Reviews that every person gets.")] = None,
    task: SheetTask = "clean-test",
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for other machines.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any free one.")] = 8765,
    profile: Profile = None,
    override: Overrides = None,
) -> None:
    """Serve the sheets to a team, a link for each person; each answer is saved when it is given."""
    opened, settings = _open(snapshot, profile, override)
    require_extra("annotation", "ameli sheets serve")
    from ameli_build.annotation.team.server import TeamServer
    from ameli_build.annotation.team.team import make_team

    with opened.lock():
        team = make_team(opened, task, annotators, overlap, settings)
    server = TeamServer(team, host, port)
    for name, link in server.links().items():
        print(f"{name}: {link}", flush=True)
    server.run()


Roles = Annotated[
    list[str] | None, typer.Option("--role", metavar="ROLE", help="Only this role, a name in `ameli models list`.")
]


@models_app.command("list")
def models_list(profile: Profile = None, role: Roles = None, override: Overrides = None) -> None:
    """List each model: role, name, revision, licence, size, and whether it is on this machine."""
    from ameli_build.models.needs import roles_named
    from ameli_build.models.show import list_models

    print(list_models(_settings(profile, override), roles_named(role)))


@models_app.command("fetch")
def models_fetch(profile: Profile = None, role: Roles = None, override: Overrides = None) -> None:
    """Download the models of a profile into the folder AMELI_MODELS; resumes interrupted downloads."""
    from ameli_build.models.needs import fetch, roles_named
    from ameli_build.models.show import list_models

    settings = _settings(profile, override)
    fetch(settings, roles_named(role))
    print(list_models(settings, roles_named(role)))


@models_app.command("check")
def models_check(profile: Profile = None, role: Roles = None, override: Overrides = None) -> None:
    """Load each model and run it once; print seconds and memory."""
    require_extra("models", "ameli models check")
    from ameli_build.models.check import check
    from ameli_build.models.needs import roles_named

    for line in check(_settings(profile, override), roles_named(role)):
        print(line, flush=True)


@app.command()
def baseline(
    path: Annotated[Path, path_argument(metavar="PATH", help="Snapshot, release, or folder in the authors' layout.")],
    out: Annotated[Path | None, path_option(metavar="DIR", help="Folder for the results; default: PATH.")] = None,
    profile: Profile = None,
    override: Overrides = None,
    workers: Workers = None,
) -> None:
    """Score retrieval and disambiguation on the splits of a data set: PATH/baseline/."""
    require_extra("baseline", "ameli baseline")
    from ameli_build.baseline.run import run_baseline
    from ameli_build.baseline.sources import open_source
    from ameli_build.scores.tables import null_rows
    from ameli_build.scores.text import render
    from ameli_build.whole import demand

    source = open_source(path, out)
    settings = _settings(profile, override, source.origin)
    with source.home.lock(), _mapper(workers) as mapper:
        scores = run_baseline(source, settings, mapper)
        print(render(scores))
        demand(null_rows(scores), settings)


@app.command()
def export(
    snapshot: SnapshotPath,
    format: Annotated[str, typer.Option(help="official (the authors' layout) or hf (for datasets.load_dataset).")],
    out: Annotated[str, typer.Option(metavar="DIR", help="Folder to make, or an fsspec URL.")],
    push: Annotated[
        str,
        typer.Option(
            metavar="REPO",
            help="Upload it too: to this dataset repository (owner/name) of the Hugging Face hub, which is private if "
            "new and keeps its visibility otherwise. Needs --format hf and HF_TOKEN or a login.",
        ),
    ] = "",
    profile: Profile = None,
    override: Overrides = None,
    workers: Workers = None,
) -> None:
    """Write the released data set in another layout."""
    opened, settings = _open(snapshot, profile, override)
    from ameli_build.export.formats import export as run_export

    with opened.lock(), _mapper(workers) as mapper:
        run_export(opened, settings, format, out, mapper, push)


@app.command()
def push(
    snapshot: SnapshotPath,
    url: Annotated[str, typer.Argument(metavar="URL", help="An fsspec URL, or a folder.")],
    cache: Annotated[bool, typer.Option("--cache", help="Push the snapshot's cache too.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Read what is there; push damaged files again.")] = False,
) -> None:
    """Copy the missing files of a snapshot to a URL."""
    opened = Snapshot.open(snapshot)
    from ameli_build.travel import push as run_push

    with opened.lock():
        run_push(opened, url, cache=cache, check=check)


@app.command()
def pull(
    url: Annotated[str, typer.Argument(metavar="URL", help="An fsspec URL, or a folder.")],
    snapshot: Annotated[Path, path_argument(metavar="SNAPSHOT", help="Folder of the snapshot to make or complete.")],
    cache: Annotated[bool, typer.Option("--cache", help="Pull the cache too.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(metavar="FOLDER", help="Pull only this folder or file (repeatable).")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that differ.")] = False,
) -> None:
    """Copy the missing files of a pushed snapshot to this machine."""
    from ameli_build.travel import pull as run_pull

    run_pull(url, snapshot, cache=cache, only=only or (), overwrite=overwrite)


@app.command()
def link(
    snapshot: SnapshotPath,
    text: Annotated[str, typer.Option(help="The review, with its title.")] = "",
    image: Annotated[list[Path] | None, path_option(metavar="FILE", help="A photograph of the review.")] = None,
    mention: Annotated[str | None, typer.Option(help="The review's words for the product; default: found.")] = None,
    top: Annotated[int, typer.Option(min=1, help="Products to show.")] = 10,
    ocr: Annotated[bool, typer.Option("--ocr/--no-ocr", help="Read the text on the photographs.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_page: Annotated[bool, typer.Option("--serve", help="Serve a page for reviews on loopback.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 for a free one.")] = 8766,
    profile: Profile = None,
    override: Overrides = None,
) -> None:
    """Link a new review: the best products with their scores, in seconds."""
    opened, settings = _open(snapshot, profile, override)
    require_extra("models", "ameli link")
    from ameli_build.single.linker import Linker, link_review
    from ameli_build.single.show import show

    if as_page:
        require_extra("browse", "ameli link --serve")
        from ameli_build.single.serve import serve

        serve(Linker.open(opened, settings), port, ocr=ocr)
        return
    show(link_review(opened, settings, text, image or (), mention, top=top, ocr=ocr), as_json=as_json)


@app.command()
def report(snapshot: SnapshotPath, profile: Profile = None, override: Overrides = None) -> None:
    """Write a page with the funnel, the data set, the scores and the worst misses: SNAPSHOT/report.html."""
    opened, settings = _open(snapshot, profile, override)
    from ameli_build.report.run import make_report

    with opened.lock():
        print(make_report(opened, settings))


@app.command()
def browse(
    path: Annotated[Path, path_argument(metavar="PATH", help="Folder of a snapshot or of a release.")],
    host: Annotated[
        str, typer.Option(help="Address or name to listen at; beyond loopback, others can read.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for a free one.")] = 8321,
    export: Annotated[Path | None, path_option(metavar="DIR", help="Write a sample as files instead.")] = None,
) -> None:
    """Look at reviews and products in a browser: filters, search, pictures, each review's history."""
    settings = _settings(None, None, Snapshot(path))
    if export is not None:
        from ameli_build.browse.static import export_pages

        print(export_pages(path, settings, export))
        return
    require_extra("browse", "ameli browse", "or write files with --export DIR")
    from ameli_build.browse.server import serve

    serve(path, settings, host, port)


@app.command()
def verify(
    path: Annotated[Path, path_argument(metavar="PATH", help="Snapshot, release, or export.")],
    workers: Workers = None,
) -> None:
    """Check a snapshot, a release or an export against its checksums, schemas and rules."""
    from ameli_build.verify import verify as run_verify

    with _mapper(workers) as mapper:
        print(run_verify(Snapshot(path), mapper))


@app.command()
def status(
    snapshot: SnapshotPath,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    profile: Profile = None,
    override: Overrides = None,
) -> None:
    """Show each stage: done, stale (a build would run it again) or running, since when, and its cost."""
    opened, settings = _open(snapshot, profile, override)
    from ameli_build.status import status_of

    found = status_of(opened, settings)
    print(found.as_json() if as_json else found)


@app.command()
def settings(
    part: Annotated[str, typer.Argument(metavar="[SECTION]", help="A section or a setting; default: all.")] = "",
    snapshot: Annotated[
        Path | None, path_option(metavar="SNAPSHOT", help="A snapshot, whose own settings count.")
    ] = None,
    profile: Profile = None,
    override: Overrides = None,
) -> None:
    """Show settings: value, source, unit and meaning."""
    from ameli_build.core.settings.show import settings_text

    print(settings_text(part, profile, override or (), Snapshot.open(snapshot) if snapshot else None))


@app.command()
def prune(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of snapshots, or a snapshot (its cache).")],
    keep: Annotated[int, typer.Option(min=1, help="Number of newest finished snapshots to keep.")] = 3,
    named: Annotated[
        list[str] | None, typer.Option("--remove", metavar="NAME", help="Also remove this snapshot.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the plan.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    override: Overrides = None,
) -> None:
    """Remove old snapshots, and entries of caches that no snapshot uses."""
    from ameli_build.prune import prune as run_prune

    run_prune(folder, _settings(None, override), keep=keep, named=named or (), dry_run=dry_run, yes=yes)


@contextmanager
def _mapper(workers: int | None) -> Iterator[Mapper]:
    from ameli_build.core.workers import default_workers, process_mapper

    with process_mapper(workers or default_workers()) as mapper:
        yield mapper


def main() -> NoReturn:
    """Run the command line; exit status 0 on success, 1 on a failed run, 2 on wrong usage or unusable input."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        if arguments and not {"--help", "-h", "--version"} & {*arguments}:
            require_room()
        status = app(args=arguments, prog_name="ameli", standalone_mode=False)
    except _Interrupted:
        _fail("interrupted; run the same command again to continue", 1, debug)
    except AmeliError as error:
        _fail(str(error), error.exit_code, debug)
    except _UsageError as error:
        command = error.ctx.command_path if error.ctx else "ameli"
        message = error.format_message()
        if not message:  # a command without arguments has printed its help
            raise SystemExit(2) from None
        _fail(f"{message} (see {command} --help)", 2, debug)
    except ModuleNotFoundError as error:
        extra = extra_of(error)
        _fail(needs(extra, f"ameli {arguments[0]}") if extra else _unexpected(error), 2 if extra else 1, debug)
    except OSError as error:
        _fail(limit_message(error) or f"{error.filename or 'file system'}: {error.strerror or error}", 1, debug)
    except Exception as error:
        _fail(limit_message(error) or _unexpected(error), 1, debug)
    raise SystemExit(status or 0)


_UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])
"""Typer's error for wrong usage, which Typer does not export."""


class _Interrupted(BaseException):
    """Ctrl-C or SIGTERM. A `BaseException`, so that no `except Exception` can swallow it."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise _Interrupted


def _unexpected(error: Exception) -> str:
    return f"unexpected {type(error).__name__}: {error} (--debug shows where)"


def _fail(text: str, status: int, debug: bool) -> NoReturn:
    if debug:
        traceback.print_exc()
    print(f"ameli: {printable(' '.join(text.split()))}", file=sys.stderr)
    raise SystemExit(status)
