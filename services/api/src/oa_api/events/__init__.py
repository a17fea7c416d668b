"""The feed of what happens to jobs: read in order, sent to who listens, resumable (docs/decisions)."""
