"""What the API needs to know of its surroundings."""

import re
from dataclasses import dataclass, field
from typing import Protocol

from oa_shared.settings import SettingsError

_SITE = re.compile(r"https?://[\w.-]+(:\d{1,5})?/?")


@dataclass(frozen=True, slots=True)
class Settings:
    """Read from OA_* variables by `oa_shared.settings.read_settings`; times are seconds."""

    database_url: str = field(repr=False)
    shared_secret: str = field(repr=False)
    bucket: str
    jobs_queue_url: str
    results_queue_url: str
    jobs_dlq_url: str = ""
    results_dlq_url: str = ""
    shared_secret_previous: str = field(default="", repr=False)
    stack: str = "local"
    host: str = "127.0.0.1"
    port: int = 8000
    allowed_hosts: tuple[str, ...] = ()
    output_mode: str = "redirect"
    http: bool = True
    relay: bool = True
    consumer: bool = True
    sweep: bool = True
    schedules: bool = True
    bulk: bool = True
    webhooks: bool = True
    anonymous_per_minute: int = 1200
    account_per_minute: int = 6000
    trusted_proxies: tuple[str, ...] = ()
    unlimited_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    database_connections: int = 10
    result_grace_s: float = 120
    visibility_s: int = 60
    sweep_every_s: float = 30
    republish_after_s: float = 900
    job_deadline_s: float = 48 * 3600
    duty_silent_s: float = 120
    sources_repository: str = "https://github.com/openaddresses/openaddresses"
    sources_branch: str = ""
    schedule_lease_s: float = 120
    stale_after_days: int = 30
    report_mail_to: tuple[str, ...] = ()
    report_webhook_url: str = field(default="", repr=False)
    upload_max_bytes: int = 1024**3
    price_vcpu_h: float = 0.04048
    price_memory_gb_h: float = 0.004445
    price_moved_gb: float = 0.045
    prices_looked_up: str = "us-east-1, November 2026, as remembered: to be checked"
    sign_in_mail: bool = True
    public_url: str = ""
    mail_url: str = field(default="", repr=False)
    mail_from: str = "OpenAddresses Batch <batch@localhost>"
    github_client_id: str = ""
    github_client_secret: str = field(default="", repr=False)
    github_url: str = "https://github.com"
    github_api_url: str = "https://api.github.com"
    github_members_of: tuple[str, ...] = ()
    github_member_role: str = "viewer"
    export_inputs: int = 1_000
    export_features: int = 25_000_000
    export_keep_days: int = 14
    event_streams: int = 2000
    github: bool = True
    github_repository: str = ""
    github_app_id: str = ""
    github_private_key: str = field(default="", repr=False)
    github_webhook_secret: str = field(default="", repr=False)
    github_webhook_secret_previous: str = field(default="", repr=False)
    github_sample: int = 100
    github_sample_patience_s: float = 75


@dataclass(frozen=True, slots=True)
class MigrationSettings:
    """All that `oa-api migrate` needs."""

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
