"""One attempt of a job, as the container does it."""
