"""What becomes of a job when something is heard of it: moves, retries, publishing."""
