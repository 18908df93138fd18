"""The profiles, a file each; docs/profiles.md says which is for whom."""
