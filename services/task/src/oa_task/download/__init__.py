"""Download of the raw data of a source."""
