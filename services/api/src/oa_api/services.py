"""What the handlers work with, kept in the application under typed keys."""

from aiohttp import web

from oa_api.definition_fetch import DefinitionFetcher
from oa_api.settings import Settings
from oa_api.store.database import Database
from oa_shared.queue import Queue
from oa_shared.storage import Storage

DATABASE = web.AppKey("database", Database)
STORAGE = web.AppKey("storage", Storage)  # type: ignore[type-abstract] # a protocol is the type here
JOBS_QUEUE = web.AppKey("jobs_queue", Queue)  # type: ignore[type-abstract] # likewise
RESULTS_QUEUE = web.AppKey("results_queue", Queue)  # type: ignore[type-abstract] # likewise
FETCHER = web.AppKey("fetcher", DefinitionFetcher)
SETTINGS = web.AppKey("settings", Settings)
