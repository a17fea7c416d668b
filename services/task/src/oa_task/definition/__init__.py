"""Source definitions: reading them and selecting one entry."""
