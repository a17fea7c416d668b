"""Batches of features, their validation, and counts of unusable rows."""
