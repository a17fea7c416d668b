"""Exports, collections and the fabric, built from published data."""
