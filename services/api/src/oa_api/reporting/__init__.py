"""How things stand: the health of sources, the digest, time and cost."""
