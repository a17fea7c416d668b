"""Webhooks: subscriptions, signed deliveries, and retries."""
