"""Writing features to files."""
