"""Source definitions: fetching them, and the license that each entry states."""
