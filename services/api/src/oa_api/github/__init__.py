"""GitHub: what its webhooks tell, what is asked of its API, and what is shown on pull requests (docs/github.md)."""
