"""Accounts, tokens, one's own profile, the audit trail: endpoints, and the pages to sign in and look at them."""

from oa_api.handlers import identity
from oa_api.pages import accounts, audit, profile, sign_in
from oa_api.problem import Handler
from oa_api.routes.route import HTML, PAGE, Route
from oa_api.schemas import identity as schemas
from oa_shared.roles import Role


def _page(method: str, path: str, handler: Handler, summary: str, role: Role) -> Route:
    return Route(method, path, handler, summary, (HTML,), PAGE, role=role)


_PAGES = (
    _page("GET", "/sign-in", sign_in.show_ways, "Sign in", Role.ANYONE),
    _page("POST", "/sign-in/mail", sign_in.ask_for_link, "Ask for a link", Role.ANYONE),
    _page("GET", "/sign-in/link", sign_in.show_link, "Open a link", Role.ANYONE),
    _page("POST", "/sign-in/link", sign_in.use_link, "Sign in by a link", Role.ANYONE),
    _page("GET", "/sign-in/github", sign_in.go_to_github, "Go to GitHub", Role.ANYONE),
    _page("GET", "/sign-in/github/callback", sign_in.come_from_github, "Come from GitHub", Role.ANYONE),
    _page("POST", "/sign-out", sign_in.sign_out, "Sign out", Role.ANYONE),
    _page("POST", "/sign-out/everywhere", profile.sign_out_everywhere, "Sign out everywhere", Role.VIEWER),
    _page("GET", "/profile", profile.show_profile, "One's profile", Role.VIEWER),
    _page("POST", "/profile/tokens", profile.make_token, "Make a token", Role.VIEWER),
    _page("POST", "/profile/tokens/{token}/revoke", profile.revoke_token, "Revoke a token", Role.VIEWER),
    _page("POST", "/profile/sessions/{session}/end", profile.end_session, "Sign a browser out", Role.VIEWER),
    _page("GET", "/accounts", accounts.list_accounts, "Accounts", Role.ADMIN),
    _page("POST", "/accounts", accounts.make_account, "Make an account", Role.ADMIN),
    _page("GET", "/accounts/{account}", accounts.show_account, "An account", Role.ADMIN),
    _page("POST", "/accounts/{account}", accounts.change_account, "Change an account", Role.ADMIN),
    _page("POST", "/accounts/{account}/state", accounts.change_state, "Disable or enable an account", Role.ADMIN),
    _page("GET", "/audit", audit.list_deeds, "Who did what", Role.MODERATOR),
)
IDENTITY = (
    *_PAGES,
    Route(
        *("GET", "/api/profile", identity.get_profile, "Who asks", schemas.Profile, "people"),
        role=Role.VIEWER,
    ),
    Route(
        *("GET", "/api/account", identity.list_accounts, "List accounts", schemas.AccountList, "people"),
        description="Oldest first. The `Link` header leads to the next page.",
        query=schemas.Cursor,
        role=Role.ADMIN,
    ),
    Route(
        *("POST", "/api/account", identity.post_account, "Make an account", schemas.Account, "people"),
        description="Whoever has its e-mail address or is its GitHub user can then sign in.",
        body=schemas.NewAccount,
        refusals=(409,),
        role=Role.ADMIN,
    ),
    Route(
        *("PATCH", "/api/account/{account}", identity.patch_account, "Change an account", schemas.Account, "people"),
        description="What is left out stays as it is. The last admin can be neither disabled nor given another role.",
        body=schemas.AccountChange,
        refusals=(409,),
        role=Role.ADMIN,
    ),
    Route(
        *("GET", "/api/token", identity.list_tokens, "List tokens", schemas.TokenList, "people"),
        description="One's own, newest first; with the shared secret those of everybody.",
        query=schemas.TokenFilter,
        role=Role.VIEWER,
    ),
    Route(
        *("POST", "/api/token", identity.post_token, "Make a token", schemas.MadeToken, "people"),
        description=(
            "The answer is the only place where it is shown. One made with a token ends with that one, and is revoked "
            "with it."
        ),
        body=schemas.NewToken,
        refusals=(404, 409),
        role=Role.VIEWER,
    ),
    Route(
        *("DELETE", "/api/token/{token}", identity.delete_token, "Revoke a token", schemas.Revoked, "people"),
        description="It and those made with it are good for nothing from now on. Admins may revoke those of others.",
        role=Role.VIEWER,
    ),
    Route(
        *("GET", "/api/audit", identity.list_deeds, "Who did what", schemas.DeedList, "people"),
        description="Newest first. The `Link` header leads to the next page.",
        query=schemas.DeedFilter,
        role=Role.MODERATOR,
    ),
)
