"""Importing the rows of openaddresses/batch, and the check that no import is unfinished."""
