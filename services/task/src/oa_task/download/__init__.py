"""Getting the raw data."""
