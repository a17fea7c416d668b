"""Published data: datasets, their history, the feed and attribution (docs/data.md)."""
