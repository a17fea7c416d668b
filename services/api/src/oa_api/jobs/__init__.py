"""Runs and jobs: creating them, sending them, applying results, publishing, retrying."""
