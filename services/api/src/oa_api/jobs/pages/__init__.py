"""The pages of runs and jobs."""
