"""Failed jobs grouped by cause, and results that need review."""
