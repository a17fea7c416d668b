"""What handlers work with: the application's values under typed keys."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from oa_api.background.process_state import ProcessState
from oa_api.db.database import Database
from oa_api.settings import Settings
from oa_shared.attempt_keys import KeyIssuer
from oa_shared.caller_identity import IdentityCheck
from oa_shared.json_types import JsonObject
from oa_shared.queue import Queue
from oa_shared.storage import Storage


@dataclass(frozen=True, slots=True)
class QueuePair:
    """A queue and, where it has one, its dead-letter queue."""

    main: Queue
    dead: Queue | None


DATABASE = web.AppKey("database", Database)
STORAGE = web.AppKey("storage", Storage)
# None where attempts use the role of their container.
KEY_ISSUER: web.AppKey[KeyIssuer | None] = web.AppKey("key_issuer")
# None where the containers of an array job trust each other.
IDENTITY_CHECK: web.AppKey[IdentityCheck | None] = web.AppKey("identity_check")
QUEUES: web.AppKey[Mapping[str, QueuePair]] = web.AppKey("queues", Mapping)
SETTINGS = web.AppKey("settings", Settings)
PROCESS = web.AppKey("process", ProcessState)
# The OpenAPI document.
DOCUMENT: web.AppKey[JsonObject] = web.AppKey("document", dict)
