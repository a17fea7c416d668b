"""The pages of sources: the tree of their names, one source, and the search over everything that has a page."""
