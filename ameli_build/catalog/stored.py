"""Which file of a snapshot a record's path means: records may come from other people, and their files as well."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

FOLDER = PurePosixPath("raw/images")
_BY_DIGEST = re.compile(r"[0-9a-f]{64}(?:\.[a-z0-9]{1,8})?")


def image_file(root: Path, path: str) -> Path | None:
    """The file in `raw/images/` of the snapshot at `root` that a record's `path` names, whether it is there or not.

    None where the path leads elsewhere, also by way of a symbolic link. The folder itself may be a link to another
    disk; there only names that are a digest count, so that nothing else which lies there can be meant.
    """
    pure = PurePosixPath(path)
    if pure.parent != FOLDER or pure.name == ".." or "\0" in path:
        return None
    file = root / pure
    try:
        folder = file.parent.resolve()
        away = not folder.is_relative_to(root.resolve())
        if (away and not _BY_DIGEST.fullmatch(pure.name)) or (
            file.is_symlink() and file.resolve(strict=True).parent != folder
        ):
            return None
    except (OSError, ValueError, RuntimeError):  # a name too long, a loop of links, a link to nothing
        return None
    return file
