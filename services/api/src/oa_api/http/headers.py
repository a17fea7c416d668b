"""Names of this service's own headers."""

# Either carries the shared secret of services; openaddresses/batch uses both.
SECRET_HEADERS = ("secret", "shared-secret")
