"""The routes of accounts."""

from oa_api.accounts import account_pages, api, audit_page, profile_page, sign_in_pages
from oa_api.accounts.schemas import (
    AccountChangeSchema,
    AccountFilterSchema,
    AccountListSchema,
    AccountSchema,
    AuditFilterSchema,
    AuditLogSchema,
    NewAccountSchema,
    NewTokenResponseSchema,
    NewTokenSchema,
    ProfileSchema,
    RevokedTokenSchema,
    TokenFilterSchema,
    TokenListSchema,
)
from oa_api.http.routing import delete, form, get, page, patch, post
from oa_shared.roles import Role

API = (
    get(
        "/api/profile",
        api.get_profile,
        "Get own profile",
        description="The account of the caller, or the service.",
        response=ProfileSchema,
        tag="people",
        role=Role.VIEWER,
    ),
    get(
        "/api/account",
        api.list_accounts,
        "List accounts",
        response=AccountListSchema,
        tag="people",
        description="Oldest first. Follow the `Link` header to the next page.",
        query=AccountFilterSchema,
        role=Role.ADMIN,
    ),
    post(
        "/api/account",
        api.post_account,
        "Create an account",
        operation_id="createAccount",
        response=AccountSchema,
        tag="people",
        description="The owner of its email address, or its GitHub user, can then sign in.",
        body=NewAccountSchema,
        refusals=(409,),
        role=Role.ADMIN,
    ),
    patch(
        "/api/account/{account}",
        api.patch_account,
        "Change an account",
        operation_id="updateAccount",
        response=AccountSchema,
        tag="people",
        description=(
            "Fields that are left out stay unchanged. The last admin can be neither disabled nor given another role."
        ),
        body=AccountChangeSchema,
        refusals=(409,),
        role=Role.ADMIN,
    ),
    get(
        "/api/token",
        api.list_tokens,
        "List tokens",
        response=TokenListSchema,
        tag="people",
        description="The caller's tokens, newest first; with the shared secret, those of all accounts.",
        query=TokenFilterSchema,
        role=Role.VIEWER,
    ),
    post(
        "/api/token",
        api.post_token,
        "Create a token",
        operation_id="createToken",
        response=NewTokenResponseSchema,
        tag="people",
        description=(
            "Only this response shows the token. A token created with another token expires no later than that one "
            "and is revoked with it."
        ),
        body=NewTokenSchema,
        refusals=(404, 409),
        role=Role.VIEWER,
    ),
    delete(
        "/api/token/{token}",
        api.delete_token,
        "Revoke a token",
        operation_id="revokeToken",
        response=RevokedTokenSchema,
        tag="people",
        description="Also revokes the tokens created with it. Admins may revoke tokens of other accounts.",
        role=Role.VIEWER,
    ),
    get(
        "/api/audit",
        api.list_audit_log,
        "List the audit log",
        response=AuditLogSchema,
        tag="people",
        description="Newest first. Follow the `Link` header to the next page.",
        query=AuditFilterSchema,
        role=Role.MODERATOR,
    ),
)
PAGES = (
    page("/sign-in", sign_in_pages.show_sign_in, "Sign in", role=Role.ANYONE),
    form("/sign-in/mail", sign_in_pages.post_link_request, "Request a sign-in link", role=Role.ANYONE),
    page("/sign-in/link", sign_in_pages.show_link, "Open a sign-in link", role=Role.ANYONE),
    form("/sign-in/link", sign_in_pages.post_link, "Sign in by a link", role=Role.ANYONE),
    page("/sign-in/github", sign_in_pages.redirect_to_github, "Sign in through GitHub", role=Role.ANYONE),
    page("/sign-in/github/callback", sign_in_pages.return_from_github, "Return from GitHub", role=Role.ANYONE),
    form("/sign-out", sign_in_pages.post_sign_out, "Sign out", role=Role.ANYONE),
    form("/sign-out/everywhere", profile_page.post_sign_out_everywhere, "Sign out everywhere", role=Role.VIEWER),
    page("/profile", profile_page.show_profile, "Profile", role=Role.VIEWER),
    form("/profile/tokens", profile_page.post_token, "Create a token", role=Role.VIEWER),
    form("/profile/tokens/{token}/revoke", profile_page.post_revocation, "Revoke a token", role=Role.VIEWER),
    form("/profile/sessions/{session}/end", profile_page.post_session_end, "Sign a browser out", role=Role.VIEWER),
    page("/accounts", account_pages.show_accounts, "Accounts", role=Role.ADMIN),
    form("/accounts", account_pages.post_account, "Create an account", role=Role.ADMIN),
    page("/accounts/{account}", account_pages.show_account, "An account", role=Role.ADMIN),
    form("/accounts/{account}", account_pages.post_change, "Change an account", role=Role.ADMIN),
    form("/accounts/{account}/state", account_pages.post_state, "Disable or enable an account", role=Role.ADMIN),
    page("/audit", audit_page.show_audit_log, "Audit log", role=Role.MODERATOR),
)
ROUTES = (*API, *PAGES)
