"""Profiles: demo (bundled models), small (small public models), paper (the paper's models and settings)."""
