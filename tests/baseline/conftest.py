"""Makes `baseline_world` importable from the rooms below."""
