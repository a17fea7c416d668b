"""Linting definitions: errors, options without effect, and surprises."""
