"""Health, version, metrics and the overview page."""
