"""The attribute functions, by concern: each takes a rule and the columns, and returns what it makes of them."""
