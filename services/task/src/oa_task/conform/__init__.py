"""The rules of a source, applied to columns."""
