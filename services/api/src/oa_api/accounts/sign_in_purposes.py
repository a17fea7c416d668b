"""What the pages that need an account are for, for visitors whom they send to the page to sign in."""

from oa_shared.roles import Role

# By the first part of the path.
_PURPOSES = {
    "/accounts": "manage accounts and their roles",
    "/audit": "read the audit log: who changed what, when and why",
    "/bulk": "rerun, cancel, publish or reject many jobs at once",
    "/dead-letters": "view and redrive messages that could not be processed",
    "/new-source": "get a definition proposed for the URL of new data",
    "/profile": "create API tokens and see your sessions",
    "/try": "try a definition on a sample of its data",
    "/uploads": "upload source files that are not available at a URL",
    "/webhooks": "manage webhooks, which notify programs of new data",
}


def sign_in_purpose(path: str, role: Role | None) -> str:
    """Return what an account is needed for on the page of a path, with the role; "" for other pages."""
    purpose = _PURPOSES.get("/" + path.partition("?")[0].strip("/").partition("/")[0])
    if purpose is None:
        return ""
    requirement = f" (requires role {role.name.lower()})" if role is not None and role > Role.VIEWER else ""
    return f"Sign in to {purpose}{requirement}."
