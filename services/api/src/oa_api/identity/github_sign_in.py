"""Signing in through GitHub: the way there, and the way back to an account."""

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, ForbiddenError
from oa_api.identity import accounts
from oa_api.identity.credential import digest, new_secret
from oa_api.identity.github_client import GitHubSignInSettings, GitHubUser, github_client
from oa_api.identity.principal import Principal
from oa_shared.roles import Role

CALLBACK = "/sign-in/github/callback"
_SQL = load_queries("identity.queries")
_BY_MEMBERSHIP = Principal("github", None, "github", Role.ANYONE)


async def begin(
    database: Database, settings: GitHubSignInSettings, *, visit: str, next_path: str, callback: str
) -> str:
    """Return where to send the browser. What comes back must name a state that is good once, in this browser only."""
    state, verifier = new_secret(), new_secret()
    values = {"digest": digest(state), "visit": digest(visit), "verifier": verifier, "next": next_path}
    if not await database.execute(_SQL["insert_state"], values):
        raise ConflictError("too many people are signing in: try again in ten minutes")
    return settings.authorize_url(state=state, verifier=verifier, callback=callback)


async def take_state(database: Database, state: str, *, visit: str) -> Row:
    """Use a state up and return its `verifier` and `next`. Raises ForbiddenError."""
    values = {"digest": digest(state), "visit": digest(visit)}
    row = await database.run(lambda transaction: transaction.first(_SQL["use_state"], values))
    if row is None:
        raise ForbiddenError("this sign-in was not begun in this browser, or not in the last ten minutes: start again")
    return row


async def identify(
    settings: GitHubSignInSettings, code: str, *, verifier: str, callback: str
) -> tuple[GitHubUser, bool]:
    """Return who signed in at GitHub, and whether they belong to where members come from. Raises GithubSignInError."""
    async with github_client(settings) as github:
        token = await github.access_token(code, verifier=verifier, callback=callback)
        user = await github.user(token)
        return user, await github.is_member(token, user)


async def account_of(transaction: Transaction, user: GitHubUser, *, is_member: bool, role: Role) -> Row:
    """Return the account of a GitHub user; a member gets one. Raises ForbiddenError, ConflictError.

    Accounts are found by GitHub's number only: an account with the same name may be somebody else's.
    """
    row = await transaction.first(_SQL["account_by_github_id"], {"github_id": user.id})
    if row is None and is_member:
        asked = {"login": user.login, "email": None, "github_id": user.id, "role": role.label}
        made = await accounts.create(transaction, asked, by=_BY_MEMBERSHIP, by_membership=True)
        row = await transaction.first(_SQL["account"], {"account": made})
    if row is None:
        raise ForbiddenError(f"{user.login} (GitHub's number {user.id}) has no account here: ask an admin for one")
    if row["disabled_at"] is not None:
        raise ForbiddenError(f"the account {row['login']} is disabled")
    if row["by_membership"] and not is_member:
        raise ForbiddenError(f"{user.login} is no longer a member of an organisation that may sign in")
    return row
