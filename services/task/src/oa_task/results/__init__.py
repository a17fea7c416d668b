"""The folder of a result: its files, their checksums, and how they get their names."""
