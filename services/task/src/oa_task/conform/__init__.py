"""Application of the rules of a source to columns of its data."""
