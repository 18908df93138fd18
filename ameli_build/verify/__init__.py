"""`ameli verify`: checks a snapshot, a release or an export against its checksums, schemas and rules."""

from ameli_build.verify.run import verify

__all__ = ["verify"]
