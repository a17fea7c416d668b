"""One job: download, conform, validate, write, upload, report."""
