"""The feed of events: read in order, streamed to clients, resumable."""
