"""Logging in while the password may change."""

from dataclasses import dataclass, field

import psycopg2
import pytest

from oa_api.db.errors import StoreUnavailableError
from oa_api.db.login import DatabaseLogin
from oa_shared.secret import SecretUnavailableError, SecretVersion

_REFUSAL = 'connection failed: FATAL:  password authentication failed for user "oa_service"'


@dataclass
class KnownSecret:
    """A secret with these values; None for the current one means that the store is unavailable."""

    current: str | None = "b"
    previous: str | None = "a"
    reads: list[SecretVersion] = field(default_factory=list)

    async def read(self, key: str, version: SecretVersion) -> str | None:
        assert key == "password"
        self.reads.append(version)
        if self.current is None:
            raise SecretUnavailableError("away")
        return self.current if version is SecretVersion.CURRENT else self.previous


@dataclass
class Server:
    """A server that accepts one password."""

    password: str = "b"
    tries: list[str | None] = field(default_factory=list)
    broken: str = ""

    async def connect(self, password: str | None) -> str:
        self.tries.append(password)
        if self.broken:
            raise psycopg2.OperationalError(self.broken)
        if password != self.password:
            raise psycopg2.OperationalError(_REFUSAL)
        return f"connected with {password}"


async def test_secret_is_read_once_while_its_password_works() -> None:
    secret, server = KnownSecret(), Server()
    login = DatabaseLogin("postgresql://x", secret)
    for _ in range(3):
        assert await login.connect(server.connect) == "connected with b"
    assert (secret.reads, server.tries) == ([SecretVersion.CURRENT], ["b", "b", "b"])


async def test_refused_login_tries_the_current_then_the_previous_value() -> None:
    secret, server = KnownSecret(), Server()
    login = DatabaseLogin("postgresql://x", secret)
    await login.connect(server.connect)
    secret.current, secret.previous = "c", "b"
    server.password, server.tries = "c", []
    assert await login.connect(server.connect) == "connected with c"
    assert server.tries == ["b", "c"]
    server.password, server.tries = "b", []
    assert await login.connect(server.connect) == "connected with b"
    assert server.tries == ["c", "b"]


async def test_no_value_is_tried_twice_and_the_refusal_is_raised() -> None:
    secret, server = KnownSecret(current="b", previous="b"), Server(password="z")
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        await DatabaseLogin("postgresql://x", secret).connect(server.connect)
    assert server.tries == ["b"]


async def test_secret_without_a_previous_value_is_refused_with_the_error_of_the_server() -> None:
    server = Server(password="z")
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        await DatabaseLogin("postgresql://x", KnownSecret(previous=None)).connect(server.connect)


async def test_server_that_is_down_costs_no_read_of_the_secret() -> None:
    secret, server = KnownSecret(), Server()
    login = DatabaseLogin("postgresql://x", secret)
    await login.connect(server.connect)
    server.broken, secret.reads = "Connection refused", []
    with pytest.raises(psycopg2.OperationalError, match="Connection refused"):
        await login.connect(server.connect)
    assert secret.reads == []


async def test_secret_that_cannot_be_read_makes_the_database_unavailable() -> None:
    with pytest.raises(StoreUnavailableError, match="the password of the database cannot be read: away"):
        await DatabaseLogin("postgresql://x", KnownSecret(current=None)).connect(Server().connect)


async def test_login_without_a_secret_leaves_the_password_to_the_url() -> None:
    server = Server()
    with pytest.raises(psycopg2.OperationalError):
        await DatabaseLogin("postgresql://x").connect(server.connect)
    assert server.tries == [None]
