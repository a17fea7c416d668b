"""Who calls, and what they may do: principals, sessions, tokens, rate limits, the audit log."""
