"""Postgres: the only package that speaks to it."""
