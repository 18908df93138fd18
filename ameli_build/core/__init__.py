"""The basis of all rooms: settings, snapshots, stages, cache, records, errors."""
