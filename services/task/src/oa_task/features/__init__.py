"""Batches of features, their validity, and the rows that cannot be used."""
