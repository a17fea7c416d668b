"""Products of published data: collections, exports and the fabric (docs/products.md)."""
