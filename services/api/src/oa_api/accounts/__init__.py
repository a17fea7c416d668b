"""Accounts, tokens, sign-in and the audit log, as endpoints and pages."""
