"""ArcGIS Feature and Map servers, read page by page."""
