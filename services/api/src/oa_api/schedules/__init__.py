"""Scheduled tasks: each runs once per type and period, however often it is triggered."""
