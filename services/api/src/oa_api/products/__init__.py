"""Products of what is published: collections, exports and the coverage map (docs/products.md)."""
