"""GitHub: webhooks received, checks and comments published on pull requests, merges run (docs/github.md)."""
