"""Download from ArcGIS Feature and Map servers, page by page."""
