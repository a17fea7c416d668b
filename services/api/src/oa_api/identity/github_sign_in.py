"""Signing in through GitHub: starting at GitHub, and finding the account of the user who returns."""

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, ForbiddenError
from oa_api.identity.accounts import create_account, get_account
from oa_api.identity.credential import digest, new_secret
from oa_api.identity.github_client import GitHubSignInSettings, GitHubUser, github_client
from oa_api.identity.principal import Principal
from oa_api.identity.requests import NewAccount
from oa_api.identity.rows import AccountRow, SignInStateRow
from oa_shared.roles import Role

CALLBACK = "/sign-in/github/callback"
_SQL = load_queries("identity.queries")
_BY_MEMBERSHIP = Principal("github", None, "github", Role.ANYONE)


async def start_sign_in(
    database: Database, settings: GitHubSignInSettings, *, anonymous_session: str, next_path: str, callback: str
) -> str:
    """Return the URL at GitHub to send the browser to. The returned state is valid once, in this browser only."""
    state, verifier = new_secret(), new_secret()
    values = {"digest": digest(state), "anonymous_session": digest(anonymous_session)}
    if not await database.execute(_SQL["insert_state"], {**values, "verifier": verifier, "next": next_path}):
        raise ConflictError("too many sign-ins in progress; try again in ten minutes")
    return settings.authorize_url(state=state, verifier=verifier, callback=callback)


async def use_state(database: Database, state: str, *, anonymous_session: str) -> SignInStateRow:
    """Return the sign-in of a state, which is used up. Raises ForbiddenError."""
    values = {"digest": digest(state), "anonymous_session": digest(anonymous_session)}
    row = await database.run(lambda transaction: transaction.first(_SQL["use_state"], values, into=SignInStateRow))
    if row is None:
        raise ForbiddenError("this sign-in was started in another browser, or over ten minutes ago; sign in again")
    return row


async def identify_user(
    settings: GitHubSignInSettings, code: str, *, verifier: str, callback: str
) -> tuple[GitHubUser, bool]:
    """Return the user who signed in at GitHub, and whether they are a member of the configured groups.

    Raises GitHubError.
    """
    async with github_client(settings) as github:
        token = await github.access_token(code, verifier=verifier, callback=callback)
        user = await github.user(token)
        return user, await github.is_member(token, user)


async def find_or_create_account(
    transaction: Transaction, user: GitHubUser, *, is_member: bool, role: Role
) -> AccountRow:
    """Return the account of a GitHub user; members get a new one if needed. Raises ForbiddenError, ConflictError.

    Accounts are found by GitHub user ID only: an account with the same login may belong to another user.
    """
    account = await transaction.first(_SQL["account_by_github_id"], {"github_id": user.id}, into=AccountRow)
    if account is None and is_member:
        new_account = NewAccount(login=user.login, github_id=user.id, role=role.label)
        account_id = await create_account(transaction, new_account, by=_BY_MEMBERSHIP, by_membership=True)
        account = await get_account(transaction, account_id)
    if account is None:
        raise ForbiddenError(f"GitHub user {user.login} (ID {user.id}) has no account here; ask an admin for one")
    if account.disabled_at is not None:
        raise ForbiddenError(f"account {account.login} is disabled")
    if account.by_membership and not is_member:
        raise ForbiddenError(f"GitHub user {user.login} is no longer a member of an organization that may sign in")
    return account
