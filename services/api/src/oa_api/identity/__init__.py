"""Identity: principals, sessions, tokens, sign-in, roles, rate limits, the audit log."""
