"""Retention: rules for how long files and records are kept, and the cleanup that applies them."""
