"""Features to files."""
