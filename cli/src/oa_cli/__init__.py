"""A person's hands: everything through the HTTP API."""
