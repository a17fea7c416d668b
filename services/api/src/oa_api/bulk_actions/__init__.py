"""Bulk actions: rerun, cancel, confirm or reject every job of a filter."""
