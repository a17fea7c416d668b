"""Accounts, tokens, sign-in, the profile and the audit log: endpoints and pages."""
