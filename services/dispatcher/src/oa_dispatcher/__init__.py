"""The dispatcher: submits jobs from the queue to AWS Batch and keeps both in step."""
