"""Builds the GitHub worker from the settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jwt.exceptions import InvalidKeyError

from oa_api.db.database import Database
from oa_api.definitions.examiner import Examiner
from oa_api.pull_requests.admission import AdmissionRules
from oa_api.pull_requests.check_publisher import CheckPublisher
from oa_api.pull_requests.check_watcher import CheckWatcher
from oa_api.pull_requests.client import GitHubClient
from oa_api.pull_requests.credentials import AppToken
from oa_api.pull_requests.event_actions import ActionPlanner, CheckOptions
from oa_api.pull_requests.repository import Repository
from oa_api.pull_requests.reviewer import Reviewer
from oa_api.pull_requests.worker import GitHubWorker, RetryDelays
from oa_api.settings import Settings
from oa_shared.settings import SettingsError
from oa_shared.storage import Storage


@asynccontextmanager
async def open_github(
    settings: Settings,
    *,
    database: Database,
    storage: Storage,
    examiner: Examiner,
    delays: RetryDelays | None = None,
) -> AsyncIterator[GitHubWorker]:
    """Yield the worker, with an open session to GitHub. Raises SettingsError."""
    credentials = _credentials(settings)
    public_url = settings.public_url.rstrip("/")
    rules = AdmissionRules(settings.github_newcomers_wait, settings.github_entries_per_day)
    options = CheckOptions(settings.github_sample, rules)
    async with GitHubClient(settings.github_api_url, credentials, settings.allowed_hosts) as client:
        repository = Repository(client, settings.github_repository)
        publisher = CheckPublisher(database, repository, public_url=public_url)
        watcher = CheckWatcher(
            database,
            storage,
            publisher,
            public_url=public_url,
            sample_timeout_s=settings.github_sample_timeout_s,
            concurrent_jobs=settings.github_concurrent_jobs,
        )
        reviewer = Reviewer(repository, examiner, web_url=settings.github_url.rstrip("/"))
        yield GitHubWorker(database, ActionPlanner(database, repository, reviewer, options), watcher, delays)


def _credentials(settings: Settings) -> AppToken:
    if not settings.github_app_id or not settings.github_private_key:
        raise SettingsError("OA_GITHUB_REPOSITORY requires OA_GITHUB_APP_ID and OA_GITHUB_PRIVATE_KEY")
    pem = settings.github_private_key.replace("\\n", "\n")
    try:
        return AppToken(settings.github_app_id, pem, settings.github_repository)
    except (InvalidKeyError, ValueError) as error:
        raise SettingsError("OA_GITHUB_PRIVATE_KEY: expected an RSA key as PEM") from error
