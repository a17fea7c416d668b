"""Comparing two results of one layer."""
