"""The hub of the tests by hand: tiny checkpoints under the names of the profiles, served on loopback.

    python tests/hub/serve.py --folder /tmp/hub --port 8765

It prints the variables to set for `ameli models fetch --profile paper`, and serves until it is interrupted.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hub.archives import write_archives
from hub.checkpoints import REPOSITORIES, write_repositories
from hub.loopback import LoopbackHub

from ameli_build.core.settings import load_settings
from ameli_build.models.hub import Hub
from ameli_build.models.needs import needs_of

PROFILES = ("small", "paper", "authors")
NLI = "f375a3f8bdba5a9ea9489179fe2f7b7d69c00b76"
"""The revision of the only repository that no profile names."""


def revisions() -> dict[str, str]:
    """The commit of each repository, as pinned by the profiles."""
    needs = [need for profile in PROFILES for need in needs_of(load_settings(profile))]
    hubs = [source for need in needs for source in need.sources if isinstance(source, Hub)]
    return {"cross-encoder/nli-deberta-base": NLI, **{hub.repo: hub.revision for hub in hubs}}


def write_hub(folder: Path) -> Path:
    """Write all files for a `LoopbackHub` unless they exist; return `folder`."""
    if not (folder / "revisions.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_repositories(folder / "repositories")
        write_archives(folder)
        commits = revisions()
        (folder / "revisions.json").write_text(json.dumps({repo: commits[repo] for repo in REPOSITORIES}, indent=2))
    return folder


def main() -> None:
    """Write the checkpoints, print the variables, and serve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--folder",
        type=Path,
        required=True,
        help="the folder of the checkpoints, which are written if they are missing",
    )
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free port")
    chosen = parser.parse_args()
    with LoopbackHub(write_hub(chosen.folder.absolute()), chosen.port) as hub:
        table = hub.write_table(chosen.folder.absolute() / "downloads.toml")
        print(f"export HF_ENDPOINT={hub.address}\nexport AMELI_DOWNLOADS={table}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
