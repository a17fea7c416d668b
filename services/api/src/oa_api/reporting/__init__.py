"""The health of sources, the digest of a run, speed and cost."""
