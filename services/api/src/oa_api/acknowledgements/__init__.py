"""Acknowledgements: an operator mutes the known failure of a source until a day."""
