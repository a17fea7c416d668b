"""The OpenAPI document, its pages, and the gallery of page components."""
