"""The settings of the API."""

import re
from dataclasses import dataclass, field
from typing import Protocol

from oa_shared.settings import SettingsError

_SITE_URL = re.compile(r"https?://[\w.-]+(:\d{1,5})?/?")
_MIN_CONNECTIONS = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings from OA_* variables, read by `oa_shared.settings.read_settings`. Names that end in `_s` are in seconds.

    docs/settings.md is generated from the `help` of each field.
    """

    database_url: str = field(repr=False, metadata={"help": "Postgres connection URL."})
    shared_secret: str = field(repr=False, metadata={"help": "Secret that services send in the `secret` header."})
    bucket: str = field(metadata={"help": "S3 bucket for definitions, results, logs and uploads."})
    jobs_queue_url: str = field(metadata={"help": "SQS queue of jobs for the dispatcher."})
    results_queue_url: str = field(metadata={"help": "SQS queue of job results for the API."})
    jobs_dlq_url: str = field(default="", metadata={"help": "Dead-letter queue of the jobs queue."})
    results_dlq_url: str = field(default="", metadata={"help": "Dead-letter queue of the results queue."})
    attempt_role_arn: str = field(
        default="",
        metadata={
            "help": "Role that the API assumes to issue each attempt credentials for its own files; "
            "empty: containers use their own role."
        },
    )
    container_role_arn: str = field(
        default="",
        metadata={
            "help": "Role of the containers, whose sessions prove which child of an array job a container is; "
            "empty: the children of an array job trust each other."
        },
    )
    shared_secret_previous: str = field(
        default="", repr=False, metadata={"help": "Former shared secret, still accepted while clients change over."}
    )
    stack: str = field(default="local", metadata={"help": "Name of the deployment."})

    host: str = field(default="127.0.0.1", metadata={"help": "Address to listen on."})
    port: int = field(default=8000, metadata={"help": "Port to listen on."})
    public_url: str = field(
        default="", metadata={"help": "Base URL of this service in links; sessions require it to be https."}
    )
    allowed_hosts: tuple[str, ...] = field(
        default=(),
        metadata={
            "variable": "OA_ALLOW_HOSTS",
            "help": "Services outside the public internet that the API may reach, as `host:port`, "
            "or `http://host:port` for public files, comma-separated; "
            "a host without a port opens all of its ports, for development.",
        },
    )
    trusted_proxies: tuple[str, ...] = field(
        default=(), metadata={"help": "Networks of proxies whose `X-Forwarded-For` is trusted."}
    )
    output_mode: str = field(
        default="redirect",
        metadata={"help": "`redirect` sends clients to the bucket for files; `stream` sends files through the API."},
    )
    files_url: str = field(
        default="",
        metadata={
            "help": "Base URL of a CDN in front of the bucket, to which `redirect` sends clients for files of jobs; "
            "empty for signed links to the bucket."
        },
    )
    database_secret_arn: str = field(
        default="",
        metadata={
            "help": "ARN of the Secrets Manager secret with the password of the database user (key `password`), "
            "read again when a login is refused; empty if the URL or PGPASSWORD has the password."
        },
    )
    database_connections: int = field(default=10, metadata={"help": "Size of the database connection pool; 3 or more."})
    event_streams: int = field(default=2000, metadata={"help": "Maximum open event streams in one process."})
    event_streams_per_client: int = field(
        default=50, metadata={"help": "Maximum open event streams of an address or account in one process."}
    )
    compatibility: bool = field(
        default=True,
        metadata={"help": "Serve the API of openaddresses/batch too, and redirect its pages (docs/moving.md)."},
    )
    compatibility_hosts: tuple[str, ...] = field(
        default=("batch.openaddresses.io",),
        metadata={"help": "Host names at which requests that ask for no version get that of openaddresses/batch."},
    )
    component_gallery: bool = field(
        default=False, metadata={"help": "Serve /docs/pages, the gallery of page components, for development."}
    )

    http: bool = field(default=True, metadata={"help": "Serve HTTP in this process."})
    relay: bool = field(default=True, metadata={"help": "Send outbox messages to the jobs queue in this process."})
    messages_ahead: int = field(
        default=500,
        metadata={"help": "Maximum messages on the jobs queue before the dispatcher has submitted their jobs."},
    )
    consumer: bool = field(default=True, metadata={"help": "Read the results queue in this process."})
    sweep: bool = field(default=True, metadata={"help": "Find and end stalled jobs in this process."})
    schedules: bool = field(default=True, metadata={"help": "Run schedules in this process."})
    bulk: bool = field(default=True, metadata={"help": "Run bulk actions in this process."})
    webhooks: bool = field(default=True, metadata={"help": "Send webhooks in this process."})
    github: bool = field(default=True, metadata={"help": "Process GitHub events in this process."})
    sign_in_mail: bool = field(default=True, metadata={"help": "Send sign-in links in this process."})
    monitoring_cache_s: float = field(
        default=5, metadata={"help": "How long `GET /metrics` reuses its measurements of the database and the queues."}
    )
    batch_slots: int = field(
        default=0, metadata={"help": "Containers that Batch runs at the same time, for `/status`; 0 if unknown."}
    )
    worker_silent_s: float = field(
        default=120, metadata={"help": "Seconds without progress of a worker after which `GET /` reports a problem."}
    )
    worker_hang_s: float = field(
        default=600,
        metadata={"help": "Seconds without progress after which a worker is restarted; schedules: six times."},
    )
    loop_hang_s: float = field(
        default=10, metadata={"help": "Seconds after which a process with a hanging event loop ends; 0 for never."}
    )
    health_port: int = field(
        default=0, metadata={"help": "Port of `/live`, `/ready` and `/metrics` in a process without HTTP; 0 for none."}
    )

    anonymous_per_minute: int = field(
        default=1200, metadata={"help": "Requests per minute for an address, or a /64 of IPv6; 0 for no limit."}
    )
    account_per_minute: int = field(
        default=6000, metadata={"help": "Requests per minute for an account; 0 for no limit."}
    )
    unlimited_networks: tuple[str, ...] = field(
        default=("127.0.0.0/8", "::1/128"), metadata={"help": "Networks that rate limits do not apply to."}
    )

    result_grace_s: float = field(
        default=120,
        metadata={"help": "How long a job may still report a result after Batch reports that its container ended."},
    )
    visibility_s: int = field(default=60, metadata={"help": "Visibility timeout of messages of the results queue."})
    sweep_every_s: float = field(default=30, metadata={"help": "Interval of the sweep."})
    republish_after_s: float = field(
        default=900, metadata={"help": "Age at which a `Pending` job is sent again while the jobs queue is empty."}
    )
    job_deadline_s: float = field(
        default=48 * 3600, metadata={"help": "How long after its creation an unfinished job fails."}
    )

    sources_repository: str = field(
        default="https://github.com/openaddresses/openaddresses",
        metadata={"help": "Repository, archive URL or folder that the `sources` schedule reads."},
    )
    sources_branch: str = field(default="", metadata={"help": "Branch to read; empty for the default branch."})
    schedule_lease_s: float = field(
        default=120, metadata={"help": "How long a schedule run stays with a process that no longer renews it."}
    )
    stale_after_days: int = field(default=30, metadata={"help": "Age at which published data counts as stale."})
    report_mail_to: tuple[str, ...] = field(default=(), metadata={"help": "Recipients of the weekly health report."})
    report_webhook_url: str = field(
        default="", repr=False, metadata={"help": "URL that receives the weekly health report as JSON."}
    )
    upload_max_bytes: int = field(default=1024**3, metadata={"help": "Maximum size of an uploaded file."})
    upload_account_bytes: int = field(
        default=20 * 1024**3, metadata={"help": "Maximum size of all stored uploads of an account."}
    )
    trials_per_hour: int = field(
        default=60,
        metadata={"help": "Maximum trials and proposals of an account within an hour (`/try`, `/new-source`)."},
    )
    trials_running: int = field(
        default=3, metadata={"help": "Maximum sample jobs of an account's trials that run at the same time."}
    )
    trials_at_once: int = field(
        default=20, metadata={"help": "Maximum sample jobs of all trials that run at the same time."}
    )
    export_inputs: int = field(default=1_000, metadata={"help": "Maximum datasets of an export."})
    export_features: int = field(default=25_000_000, metadata={"help": "Maximum features of an export."})
    export_keep_days: int = field(default=14, metadata={"help": "Days until the file of an export is deleted."})
    conversion_features: int = field(
        default=5_000_000, metadata={"help": "Maximum features of a dataset that visitors may have converted."}
    )
    conversions_at_once: int = field(
        default=5, metadata={"help": "Maximum conversions for visitors that are written at the same time."}
    )

    price_vcpu_h: float = field(default=0.04048, metadata={"help": "Price of a vCPU hour in US dollars."})
    price_memory_gb_h: float = field(default=0.004445, metadata={"help": "Price of a GB hour of memory in US dollars."})
    price_moved_gb: float = field(default=0.045, metadata={"help": "Price of a GB transferred in US dollars."})
    prices_looked_up: str = field(
        default="us-east-1, November 2026, unverified list price",
        metadata={"help": "Region, date and source of the prices, shown next to cost estimates."},
    )

    mail_url: str = field(
        default="", repr=False, metadata={"help": "SMTP server: smtp://user:password@host:587, or smtps:// for TLS."}
    )
    mail_from: str = field(
        default="OpenAddresses Batch <batch@localhost>", metadata={"help": "Sender of mail, with its address."}
    )

    github_url: str = field(default="https://github.com", metadata={"help": "Base URL of GitHub's pages."})
    github_api_url: str = field(default="https://api.github.com", metadata={"help": "Base URL of GitHub's API."})
    github_client_id: str = field(default="", metadata={"help": "OAuth app for sign-in: client ID."})
    github_client_secret: str = field(
        default="", repr=False, metadata={"help": "OAuth app for sign-in: client secret."}
    )
    github_members_of: tuple[str, ...] = field(
        default=(), metadata={"help": "Organizations (`org`) and teams (`org/team`) whose members may sign in."}
    )
    github_member_role: str = field(default="viewer", metadata={"help": "Role of accounts created for members."})
    github_repository: str = field(
        default="", metadata={"help": "Repository whose pull requests are checked, as owner/name; empty for none."}
    )
    github_app_id: str = field(default="", metadata={"help": "GitHub App: its ID."})
    github_private_key: str = field(
        default="", repr=False, metadata={"help": "GitHub App: its private key as PEM; `\\n` stands for a line break."}
    )
    github_webhook_secret: str = field(default="", repr=False, metadata={"help": "GitHub App: its webhook secret."})
    github_webhook_secret_previous: str = field(
        default="", repr=False, metadata={"help": "GitHub App: former webhook secret, still accepted."}
    )
    github_sample: int = field(default=100, metadata={"help": "Features in the sample run of a pull request."})
    github_sample_timeout_s: float = field(
        default=75, metadata={"help": "How long the full run of a pull request waits for its sample run."}
    )
    github_newcomers_wait: bool = field(
        default=True,
        metadata={"help": "Whether pull requests of authors without a merged one wait for `/run` of a collaborator."},
    )
    github_entries_per_day: int = field(
        default=1000,
        metadata={"help": "Entries of an author's pull requests that run within a day without `/run`; 0 for no limit."},
    )
    github_concurrent_jobs: int = field(
        default=50, metadata={"help": "Maximum full jobs of a pull request that run at the same time."}
    )


@dataclass(frozen=True, slots=True)
class MigrationSettings:
    """The settings of `oa-api migrate`, which logs in as the owner of the tables."""

    database_url: str = field(repr=False, metadata={"help": "Postgres connection URL."})
    service_user: str = field(
        default="",
        metadata={
            "help": "Database user of the services, created or updated with the rights it needs; empty for none."
        },
    )
    service_password: str = field(default="", repr=False, metadata={"help": "Its password."})


class _SiteSettings(Protocol):
    @property
    def public_url(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


def check_connections(settings: Settings) -> None:
    """Raise SettingsError for a pool so small that workers wait for each other without end.

    The relay and the bulk actions hold a connection each while they count takes over another one.
    """
    if settings.database_connections < _MIN_CONNECTIONS:
        raise SettingsError(f"OA_DATABASE_CONNECTIONS: expected {_MIN_CONNECTIONS} or more")


def check_site_urls(settings: Settings) -> None:
    """Raise SettingsError unless OA_PUBLIC_URL and OA_FILES_URL are empty or the base URL of a site."""
    for name, url in (("OA_PUBLIC_URL", settings.public_url), ("OA_FILES_URL", settings.files_url)):
        if url and not _SITE_URL.fullmatch(url):
            raise SettingsError(f"{name}: expected a URL such as https://batch.example.org")


def site_url(settings: _SiteSettings) -> str:
    """Return the base URL of this service, from the settings: a request could claim any host."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - not bound to here
    return (settings.public_url or f"http://{host}:{settings.port}").rstrip("/")
