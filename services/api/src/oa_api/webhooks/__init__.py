"""Telling others of new data: who is told, what, and how it is signed."""
