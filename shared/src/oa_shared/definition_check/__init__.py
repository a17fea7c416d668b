"""Linting definitions without their data: schema, options without effect, and surprises."""
