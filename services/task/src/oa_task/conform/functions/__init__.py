"""The attribute functions: each takes a rule and the columns, and returns the result of the rule."""
