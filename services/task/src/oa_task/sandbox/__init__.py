"""The child process that reads untrusted data."""
