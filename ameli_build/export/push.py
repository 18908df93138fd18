"""Upload of an export to a dataset repository of the Hugging Face hub.

`HF_ENDPOINT` and `HF_TOKEN` have their usual meaning.
"""

from __future__ import annotations

from pathlib import Path

from ameli_build.core.checksums import RELEASED, read_sums
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.progress import say
from ameli_build.models.hub import why
from ameli_build.release.folders import MARK

FRESH = frozenset({".gitattributes", "README.md"})
"""Files that the hub puts into a new repository."""


def check_target(repo: str) -> None:
    """Raise `UnusableInput` if `repo` is not `owner/name`, or if there is no token."""
    from huggingface_hub import get_token
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        if repo.count("/") != 1:
            raise HFValidationError("not of the form owner/name")
        validate_repo_id(repo)
    except HFValidationError as error:
        raise UnusableInput(f"--push {repo}: {why(error)}") from None
    if not get_token():
        raise UnusableInput(f"--push {repo}: no token; set HF_TOKEN, or log in with `hf auth login`")


def push(folder: Path, repo: str) -> str:
    """Make the repository hold the files of an export, in one commit; returns its URL.

    The hub stores large files by content before the commit, so a push that was interrupted uploads only what is
    missing. A new repository is private.

    Raises:
        UnusableInput: The repository holds files that are no earlier export.
        RunFailed: The hub refuses, or cannot be reached.
    """
    from huggingface_hub import HfApi

    try:
        url = HfApi().create_repo(repo, repo_type="dataset", private=True, exist_ok=True)
        _upload(folder, url.repo_id)
    except UnusableInput:
        raise
    except Exception as error:  # the hub's client raises many kinds of errors
        reasons = [why(error), getattr(error, "server_message", None) or "the same command continues"]
        raise RunFailed(f"--push {repo}: {'; '.join(reasons)}") from error
    return str(url)


def _upload(folder: Path, repo: str) -> None:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    there = set(HfApi().list_repo_files(repo, repo_type="dataset"))
    if MARK not in there and there - FRESH:
        raise UnusableInput(f"--push {repo}: not empty, and not an earlier export; choose another repository")
    names = sorted([MARK, RELEASED, *read_sums(folder / RELEASED)])
    gone = sorted(there - FRESH - {*names})
    say(f"pushing {len(names)} files to {repo}")
    HfApi().create_commit(
        repo,
        [
            *(CommitOperationAdd(name, folder / name) for name in names),
            *(CommitOperationDelete(name) for name in gone),
        ],
        commit_message="Upload by ameli-build",
        repo_type="dataset",
    )
