"""The OpenAPI document, its pages, the guides, and the gallery of page components."""
