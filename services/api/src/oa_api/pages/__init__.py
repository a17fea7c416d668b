"""The pages for people: the same reads as the API, as HTML (docs/pages.md)."""
