"""The whole system on one bare machine, without Docker."""
