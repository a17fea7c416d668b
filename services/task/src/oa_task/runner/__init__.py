"""Running one job: download, conversion in the sandbox, manifest."""
