"""The HTTP API: owns Postgres, and every write to the state of runs and jobs."""
