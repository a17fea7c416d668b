"""Uploaded source files: received within limits, inspected, and given a permanent URL."""
