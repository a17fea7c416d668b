"""Names of headers of our own."""

# Either carries the shared secret of services; openaddresses/batch uses both.
SECRET_HEADERS = ("secret", "shared-secret")
