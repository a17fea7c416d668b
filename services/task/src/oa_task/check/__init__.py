"""Linting definitions: what is wrong, what has no effect, what will surprise its author."""
