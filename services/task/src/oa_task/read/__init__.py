"""Raw files to batches of features."""
