"""Snapshots that travel to and from a URL.

At the URL, a file lies in `files/` under the SHA-256 of its content. `manifest.jsonl` says which file has which path.
It is written last: until then, the URL has the snapshot of the push before, or none.
"""

from ameli_build.travel.pull import pull
from ameli_build.travel.push import push

__all__ = ["pull", "push"]
