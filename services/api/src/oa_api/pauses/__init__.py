"""Pauses: an operator keeps jobs of a lane, a source or a host from starting."""
