"""Names of this service's own headers."""

# Either carries the shared secret of services. The second is for clients of openaddresses/batch, and not documented for
# others: it marks a request of version 1.
SECRET_HEADER, VERSION_1_SECRET_HEADER = "secret", "shared-secret"
SECRET_HEADERS = (SECRET_HEADER, VERSION_1_SECRET_HEADER)
