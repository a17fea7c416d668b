"""Uploads: files for sources whose data is not available at a URL."""
