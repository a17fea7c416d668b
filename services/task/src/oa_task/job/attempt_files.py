"""The files of an attempt in the bucket: written once each, never replaced.

Published data is read from these keys, so the policy of the bucket refuses a task that replaces a file, except its log.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import structlog

from oa_shared.download_names import content_disposition, download_name
from oa_shared.fault_points import fault_point
from oa_shared.json_types import JsonObject
from oa_shared.json_values import json_object
from oa_shared.media_types import media_type_of
from oa_shared.messages import (
    MAX_STORED_BYTES,
    RESULT_FILE,
    MessageTooLargeError,
    StatusMessage,
    UnreadableMessageError,
    dump,
    parse_result_message,
)
from oa_shared.storage import Storage, StorageUnavailableError
from oa_task.results.checksums import FileFacts, file_facts
from oa_task.results.files import MANIFEST_FILE
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()


class AttemptFiles:
    """The files below the prefix of one attempt, saved under the name of what `contents` names: a dataset, a product.

    The API names files likewise. A CDN does not pass the name that the API gives, but that of the object.
    """

    def __init__(self, storage: Storage, prefix: str, contents: Sequence[str]) -> None:
        self._storage = storage
        self._prefix = prefix
        self._contents = contents

    async def upload(self, out: Path) -> JsonObject:
        """Upload every file, the manifest last; return the key, size and digest of each.

        Batch starts a second container of an attempt when the machine of the first is lost. If that one had uploaded
        files, those of the second differ, for example in their times. Then this raises TaskFailure infra.storage, and
        the next attempt writes below its own prefix.
        """
        manifest = json.loads(await asyncio.to_thread((out / MANIFEST_FILE).read_text))
        outputs = cast("Mapping[str, FileFacts]", manifest["outputs"])
        # The manifest of a backfill also describes the file that it was made of, which stays where it is.
        own = {
            name: facts
            for name, facts in outputs.items()
            if name != json_object(manifest.get("built_from")).get("file")
        }
        files = {**own, MANIFEST_FILE: await asyncio.to_thread(file_facts, out / MANIFEST_FILE)}
        for name in files:
            if name == MANIFEST_FILE:
                fault_point("manifest.before")
            await self._upload_file(out / name, name)
        fault_point("manifest.after")
        log.info("outputs_uploaded", files=len(files))
        return {name: {"key": self._prefix + name, **facts} for name, facts in files.items()}

    async def upload_evidence(self, folder: Path) -> JsonObject:
        """Upload the files in a folder about the input of a failed attempt; return the facts of each that S3 took.

        The attempt has failed already, so a file that another container has written, or an outage, changes nothing.
        """
        uploaded: JsonObject = {}
        for path in await asyncio.to_thread(lambda: sorted(folder.glob("*.json"))):
            try:
                facts = await asyncio.to_thread(file_facts, path)
                await self._upload_file(path, path.name)
            except (StorageUnavailableError, TaskFailure) as error:
                log.warning("evidence_not_uploaded", file=path.name, error=str(error))
                continue
            uploaded[path.name] = {"key": self._prefix + path.name, **facts}
        return uploaded

    async def _upload_file(self, path: Path, name: str) -> None:
        key, media_type = self._prefix + name, media_type_of(name)
        disposition = content_disposition(media_type, download_name(name, *self._contents))
        if not await self._storage.put_new_file(key, path, media_type, disposition=disposition):
            text = f"{key} exists with different content, from an earlier container; the next attempt has its own keys"
            raise TaskFailure("infra.storage", text)

    async def store_outcome(self, message: StatusMessage) -> tuple[StatusMessage, bool]:
        """Write the final message of the attempt; return the message that counts, and whether S3 has it.

        The first outcome counts: a container whose machine was lost may have written one.
        """
        key, body = self._prefix + RESULT_FILE, dump(message, max_bytes=MAX_STORED_BYTES).encode()
        try:
            if await self._storage.put_new(key, body, "application/json"):
                return message, True
            stored = await self._storage.get_bytes(key)
        except StorageUnavailableError as error:
            log.warning("result_object_not_written", error=error.detail)
            return message, False
        earlier = _parse_outcome(stored or b"", message.token)
        if earlier is None:
            return message, False
        log.info("result_found", status=str(earlier.status))
        return replace(earlier, seq=message.seq), True


def for_queue(message: StatusMessage) -> StatusMessage:
    """Return the message that goes to the queue: without its result, which is on S3, if that is too large."""
    try:
        dump(message)
    except MessageTooLargeError:
        return replace(message, result=None, result_stored=True)
    return message


def _parse_outcome(body: bytes, token: str) -> StatusMessage | None:
    """Return a stored outcome of the attempt with this token."""
    try:
        message = parse_result_message(body.decode())
    except (UnreadableMessageError, UnicodeDecodeError) as error:
        log.warning("result_object_not_read", error=str(error))
        return None
    is_of_attempt = isinstance(message, StatusMessage) and message.token == token
    if not is_of_attempt:
        log.warning("result_object_not_read", error="it is not an outcome of this attempt")
    return message if is_of_attempt and isinstance(message, StatusMessage) else None
