"""The loop that background workers run in, and their heartbeat."""
