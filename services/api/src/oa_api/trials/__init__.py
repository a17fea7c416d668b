"""Trials: an author tries a definition in the browser; nothing is published."""
