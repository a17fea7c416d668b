"""SQS and S3 on loopback: MiniStack as a child process, with its state in one folder."""

import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from oa_local.process import Process, answers_http, free_port

REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of an AWS client; the emulators accept the signatures of one start."""

    access_key: str
    secret_key: str = field(repr=False)

    @classmethod
    def random(cls) -> Self:
        """Return new keys."""
        return cls(f"LOCAL{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30))


def client_environ(url: str, keys: Keys) -> dict[str, str]:
    """Return the environment with which an AWS client reaches an emulator and nothing else."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@dataclass(slots=True)
class Emulator:
    """An emulator, which serves requests with its signature only; `keep` saves queues and objects across restarts."""

    folder: Path
    port: int = field(default_factory=free_port)
    keep: bool = False
    log: Path | None = None
    keys: Keys = field(default_factory=Keys.random)
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        # MiniStack resolves relative folders against the folder in which it starts.
        folder = self.folder.absolute()
        persist = str(int(self.keep))
        self.process = Process(
            [sys.executable, "-m", "oa_local.emulator_program"],
            log=self.log or folder.with_suffix(".log"),
            environ={
                "BIND_HOST": "127.0.0.1",
                "GATEWAY_PORT": str(self.port),
                "MINISTACK_HOST": "127.0.0.1",
                "SERVICES": "s3,secretsmanager,sqs,sts",
                "AWS_ACCESS_KEY_ID": self.keys.access_key,
                "AWS_SECRET_ACCESS_KEY": self.keys.secret_key,
                "IOT_MTLS_ENABLED": "0",
                "SFTP_ENABLED": "0",
                "PERSIST_STATE": persist,
                "S3_PERSIST": persist,
                "STATE_DIR": str(folder / "state"),
                "S3_DATA_DIR": str(folder / "s3"),
                "TMPDIR": str(folder),
                "LOG_LEVEL": "WARNING",
                "PYTHONWARNINGS": "ignore",
            },
        )

    @property
    def url(self) -> str:
        """The endpoint of SQS and S3."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """The environment with which an AWS client reaches this emulator and nothing else."""
        return client_environ(self.url, self.keys)

    def start(self) -> None:
        """Start the emulator and wait until it answers. Raises StartError after stopping it."""
        for name in ("state", "s3"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.process.start_and_wait("the AWS emulator", self.answers)

    def answers(self) -> bool:
        """Return whether the emulator answers requests; it refuses this one, which has no signature."""
        return answers_http(self.url)

    def stop(self) -> None:
        """Stop the emulator, which saves its state first if `keep` is set."""
        self.process.stop()
