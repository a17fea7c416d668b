"""A proposal of a definition for data that has none: what `oa init` prints."""
