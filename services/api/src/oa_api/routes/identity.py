"""Accounts, tokens, one's own profile, the audit trail: endpoints, and the pages to sign in and look at them."""

from oa_api.handlers import identity
from oa_api.identity.role import Role
from oa_api.routes.route import Route
from oa_api.schemas import identity as schemas

IDENTITY = (
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
        description="The answer is the only place where it is shown. One made with a token ends with that one.",
        body=schemas.NewToken,
        refusals=(404, 409),
        role=Role.VIEWER,
    ),
    Route(
        *("DELETE", "/api/token/{token}", identity.delete_token, "Revoke a token", schemas.Revoked, "people"),
        description="It is good for nothing from now on. Admins may revoke those of others.",
        role=Role.VIEWER,
    ),
    Route(
        *("GET", "/api/audit", identity.list_deeds, "Who did what", schemas.DeedList, "people"),
        description="Newest first. The `Link` header leads to the next page.",
        query=schemas.DeedFilter,
        role=Role.MODERATOR,
    ),
)
