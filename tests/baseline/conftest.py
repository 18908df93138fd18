"""Makes `baseline_world` importable from the subfolders."""
