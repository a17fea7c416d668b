"""The role that the services log in as: it reads and writes rows, and owns nothing."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from oa_api.db.database import Transaction
from oa_api.db.errors import MigrationError
from oa_api.db.query_files import load_queries

_SQL = load_queries("db.service_role")
_ITERATIONS = 4096
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class ServiceRole:
    """The name and the password of the role."""

    user: str
    password: str = field(repr=False)


async def update_service_role(transaction: Transaction, role: ServiceRole) -> None:
    """Create the role if need be, and set its password and its rights, no more and no less.

    Raises MigrationError for a role that would keep other rights: a superuser, or the owner of the tables.
    """
    if await transaction.first(_SQL["has_more_rights"], {"user": role.user}, into=bool):
        raise MigrationError(
            f"OA_SERVICE_USER: {role.user!r} is a superuser, may create roles or databases, belongs to a role, or owns "
            "tables: name another user"
        )
    verifier = scram_verifier(role.password, secrets.token_bytes(_SALT_BYTES))
    await transaction.execute(_SQL["name_role"], {"user": role.user, "verifier": verifier})
    await transaction.execute(_SQL["update_role"])


def scram_verifier(password: str, salt: bytes) -> str:
    """Return what Postgres stores of a password (RFC 5802), so that the password reaches no server and no log.

    Raises MigrationError for a password with other characters than ASCII, which would have to be normalized first.
    """
    if not password or not password.isascii():
        raise MigrationError("OA_SERVICE_PASSWORD must be ASCII and not empty")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    client_key, server_key = (hmac.digest(salted, key, "sha256") for key in (b"Client Key", b"Server Key"))
    stored_key = hashlib.sha256(client_key).digest()
    salt_text, stored, server = (base64.b64encode(value).decode() for value in (salt, stored_key, server_key))
    return f"SCRAM-SHA-256${_ITERATIONS}:{salt_text}${stored}:{server}"
