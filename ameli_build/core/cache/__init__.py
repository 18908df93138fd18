"""Cached work: the only room that knows the shards, batches and keys of a cache."""

from ameli_build.core.cache.batches import (
    Entries,
    Kind,
    batches_of,
    by_content,
    known_keys,
    length_key,
    rows_of,
    run_batches,
    vectors_of,
)
from ameli_build.core.cache.sealed import SEALED, read_entry, read_sealed, write_entry, write_sealed
from ameli_build.core.cache.store import Store
from ameli_build.core.cache.work import (
    USED,
    USERS,
    Job,
    Shard,
    Work,
    entry_name,
    noted_use,
    resource_of,
)
from ameli_build.core.workers import Mapper, in_process

__all__ = [
    "SEALED",
    "USED",
    "USERS",
    "Entries",
    "Job",
    "Kind",
    "Mapper",
    "Shard",
    "Store",
    "Work",
    "batches_of",
    "by_content",
    "entry_name",
    "in_process",
    "known_keys",
    "length_key",
    "noted_use",
    "read_entry",
    "read_sealed",
    "resource_of",
    "rows_of",
    "run_batches",
    "vectors_of",
    "write_entry",
    "write_sealed",
]
