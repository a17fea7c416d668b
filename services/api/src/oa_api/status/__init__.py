"""The state of the service: health, metrics and the overview page."""
