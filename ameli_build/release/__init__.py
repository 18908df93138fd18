"""The released data set: tables, images, statistics, card, metadata, schemas and checksums."""
