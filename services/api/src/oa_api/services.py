"""What the handlers work with, kept in the application under typed keys."""

from aiohttp import web

from oa_api.definition_fetch import DefinitionFetcher
from oa_api.settings import Settings
from oa_api.store.database import Database
from oa_shared.queue import Queue
from oa_shared.storage import Storage

DATABASE = web.AppKey("database", Database)
STORAGE = web.AppKey("storage", Storage)
JOBS_QUEUE = web.AppKey("jobs_queue", Queue)
RESULTS_QUEUE = web.AppKey("results_queue", Queue)
FETCHER = web.AppKey("fetcher", DefinitionFetcher)
SETTINGS = web.AppKey("settings", Settings)
