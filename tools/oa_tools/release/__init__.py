"""Building, scanning and pushing the images of a commit: `sh bin/push-images`. Needs only Python's standard library."""
