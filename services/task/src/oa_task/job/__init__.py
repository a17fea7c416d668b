"""One attempt of a job, in its container."""
