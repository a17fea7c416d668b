"""The comparison of two systems that publish the same sources: `oa shadow`."""
