"""The consumer of the jobs queue: owns AWS Batch."""
