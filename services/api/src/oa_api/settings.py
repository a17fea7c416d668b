"""The settings of the API."""

import re
from dataclasses import dataclass, field
from typing import Protocol

from oa_shared.settings import SettingsError

_SITE = re.compile(r"https?://[\w.-]+(:\d{1,5})?/?")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings from OA_* variables; times are in seconds. docs/settings.md is generated from this class."""

    database_url: str = field(repr=False)
    """Postgres connection URL without a password on AWS, where libpq reads it from PGPASSWORD."""
    shared_secret: str = field(repr=False)
    """Secret of the services, in the header `secret`; at least 32 characters."""
    bucket: str
    """S3 bucket of results and uploads."""
    jobs_queue_url: str
    """SQS queue from the API to the dispatcher."""
    results_queue_url: str
    """SQS queue from tasks and Batch to the API."""
    jobs_dlq_url: str = ""
    """Dead-letter queue of the jobs queue; without it the pages show no dead letters."""
    results_dlq_url: str = ""
    """Dead-letter queue of the results queue."""
    shared_secret_previous: str = field(default="", repr=False)
    """A second valid shared secret during a change."""
    stack: str = "local"
    """Name of the stack; part of the names of Batch jobs."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8000
    """Port to listen on."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts on private networks from which definitions and data may be fetched, comma-separated."""
    output_mode: str = "redirect"
    """`redirect` sends clients to S3; `stream` sends files through the API, for a store that clients cannot reach."""
    http: bool = True
    """Serve HTTP in this process."""
    relay: bool = True
    """Run the worker that sends the outbox."""
    consumer: bool = True
    """Run the worker that consumes the results queue."""
    sweep: bool = True
    """Run the sweep."""
    schedules: bool = True
    """Run the worker of schedules."""
    bulk: bool = True
    """Run the worker of bulk actions."""
    webhooks: bool = True
    """Run the worker that delivers webhooks."""
    anonymous_per_minute: int = 1200
    """Requests per minute and IP address without an account; 0 disables the limit."""
    account_per_minute: int = 6000
    """Requests per minute and account; 0 disables the limit."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks of proxies whose `X-Forwarded-For` is trusted, comma-separated."""
    unlimited_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks whose requests are not limited, comma-separated."""
    database_connections: int = 10
    """Maximum database connections per process."""
    result_grace_s: float = 120
    """Seconds between the end of a container and the failure of an attempt without a result."""
    visibility_s: int = 60
    """Visibility time-out of received messages in seconds."""
    sweep_every_s: float = 30
    """Seconds between sweeps."""
    republish_after_s: float = 900
    """Age in seconds of a Pending job after which the sweep sends its message again."""
    job_deadline_s: float = 48 * 3600
    """Seconds from creation or rerun until an open job fails."""
    duty_silent_s: float = 120
    """Seconds without a run of a worker after which `GET /` reports it."""
    sources_repository: str = "https://github.com/openaddresses/openaddresses"
    """Sources of the weekly run: a GitHub repository, the URL of an archive, or a folder."""
    sources_branch: str = ""
    """Branch of the sources repository; empty means the default branch."""
    schedule_lease_s: float = 120
    """Seconds after which another process may take over a schedule run."""
    stale_after_days: int = 30
    """Days after publication from which a healthy dataset is stale."""
    report_mail_to: tuple[str, ...] = ()
    """Recipients of the health digest, comma-separated; requires OA_MAIL_URL."""
    report_webhook_url: str = field(default="", repr=False)
    """URL that receives the health digest as JSON."""
    upload_max_bytes: int = 1024**3
    """Maximum size of an upload in bytes."""
    price_vcpu_h: float = 0.04048
    """Price of one vCPU for one hour in USD."""
    price_memory_gb_h: float = 0.004445
    """Price of one GB of memory for one hour in USD."""
    price_moved_gb: float = 0.045
    """Price of one GB fetched or written in USD."""
    prices_looked_up: str = "us-east-1, November 2026, unverified list prices"
    """Source and date of the prices, shown with each cost."""
    sign_in_mail: bool = True
    """Run the worker that sends sign-in links."""
    public_url: str = ""
    """Public URL of the pages; empty means the address to listen on."""
    mail_url: str = field(default="", repr=False)
    """Mail server: `smtp://user:password@host:587` (STARTTLS) or `smtps://…`; empty disables email."""
    mail_from: str = "OpenAddresses Batch <batch@localhost>"
    """Sender of email."""
    github_client_id: str = ""
    """Client ID of the OAuth app for sign-in; empty disables sign-in by GitHub."""
    github_client_secret: str = field(default="", repr=False)
    """Client secret of the OAuth app."""
    github_url: str = "https://github.com"
    """URL of GitHub."""
    github_api_url: str = "https://api.github.com"
    """URL of the GitHub API."""
    github_members_of: tuple[str, ...] = ()
    """Organizations and teams (`org` or `org/team`) whose members may sign in without an existing account."""
    github_member_role: str = "viewer"
    """Role of the accounts created for these members."""
    export_inputs: int = 1_000
    """Maximum datasets in an export."""
    export_features: int = 25_000_000
    """Maximum features in an export."""
    export_keep_days: int = 14
    """Days until an export expires."""
    event_streams: int = 2000
    """Maximum open event streams per process."""
    github: bool = True
    """Run the worker of GitHub events."""
    github_repository: str = ""
    """Sources repository of the pull requests, `owner/name`; empty disables the integration."""
    github_app_id: str = ""
    """ID of the GitHub App."""
    github_private_key: str = field(default="", repr=False)
    """Private key of the GitHub App as PEM; `\\n` means a line break."""
    github_webhook_secret: str = field(default="", repr=False)
    """Secret of the webhook of the GitHub App."""
    github_webhook_secret_previous: str = field(default="", repr=False)
    """A second valid webhook secret during a change."""
    github_sample: int = 100
    """Features in the sample of an entry of a pull request."""
    github_sample_patience_s: float = 75
    """Seconds after which the full job starts although its sample has not ended."""


@dataclass(frozen=True, slots=True)
class MigrationSettings:
    """Settings of `oa-api migrate`."""

    database_url: str = field(repr=False)


class _Addressed(Protocol):
    @property
    def public_url(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


def check_public_url(url: str) -> None:
    """Raise SettingsError unless it is empty, or the address of a site."""
    if url and not _SITE.fullmatch(url):
        raise SettingsError("OA_PUBLIC_URL: expected an address such as https://batch.example.org")


def site_of(settings: _Addressed) -> str:
    """Return the address that people know this service by; never taken from a request, which could say anything."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - not bound to here
    return (settings.public_url or f"http://{host}:{settings.port}").rstrip("/")
