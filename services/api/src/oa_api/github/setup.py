"""Putting the parts together, from the settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jwt.exceptions import InvalidKeyError

from oa_api.background.github import GitHubDuty, Pauses
from oa_api.github.client import GitHubClient
from oa_api.github.credentials import AppToken
from oa_api.github.deeds import Deeds, Wishes
from oa_api.github.following import Following
from oa_api.github.repository import Repository
from oa_api.github.showing import Showing
from oa_api.settings import Settings
from oa_api.store.database import Database
from oa_shared.settings import SettingsError
from oa_shared.storage import Storage


@asynccontextmanager
async def open_github(
    settings: Settings, *, database: Database, storage: Storage, pauses: Pauses | None = None
) -> AsyncIterator[GitHubDuty]:
    """Give the duty, ready to work. Raises SettingsError."""
    credentials = _credentials(settings)
    public_url = settings.public_url.rstrip("/")
    async with GitHubClient(settings.github_api_url, credentials, settings.allowed_hosts) as client:
        repository = Repository(client, settings.github_repository)
        showing = Showing(database, repository, public_url=public_url)
        yield GitHubDuty(
            database,
            Deeds(database, repository, Wishes(settings.github_sample, settings.github_url.rstrip("/"))),
            Following(database, storage, showing, public_url=public_url, patience_s=settings.github_sample_patience_s),
            pauses,
        )


def _credentials(settings: Settings) -> AppToken:
    if not settings.github_app_id or not settings.github_private_key:
        raise SettingsError("OA_GITHUB_REPOSITORY needs OA_GITHUB_APP_ID and OA_GITHUB_PRIVATE_KEY")
    pem = settings.github_private_key.replace("\\n", "\n")
    try:
        return AppToken(settings.github_app_id, pem, settings.github_repository)
    except (InvalidKeyError, ValueError) as error:
        raise SettingsError("OA_GITHUB_PRIVATE_KEY: expected an RSA key as PEM") from error
