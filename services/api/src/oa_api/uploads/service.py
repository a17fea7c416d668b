"""Uploads: begun, checked, listed, deleted."""

import asyncio
import hashlib
import uuid
from typing import Any

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, ForbiddenError, GoneError, InvalidError, NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.uploads.inspection import (
    CONTENT_TYPES,
    HEAD_BYTES,
    TAIL_BYTES,
    Ends,
    FileRefusedError,
    extension_of,
    inspect,
)
from oa_shared.roles import Role
from oa_shared.storage import Storage, StoredObject

_SQL = load_queries("uploads.queries")
MAX_WAITING = 20


def account_of(principal: Principal) -> str:
    """Return under whose name uploads are kept."""
    return str(principal.id) if principal.id is not None else principal.name


async def begin(transaction: Transaction, asked: dict[str, Any], *, by: Principal) -> Row:
    """Write down that a file is to come. Raises InvalidError for an unknown kind, ConflictError for too many."""
    content_type = CONTENT_TYPES.get(extension_of(asked["name"]))
    if content_type is None:
        words = f"Use one of {', '.join(CONTENT_TYPES)}."
        raise InvalidError("files of this kind are not taken", fields={"name": [words]})
    account, upload = account_of(by), uuid.uuid4().hex
    waiting = await transaction.first(_SQL["waiting"], {"account": account})
    if waiting and waiting["uploads"] >= MAX_WAITING:
        raise ConflictError(f"{MAX_WAITING} uploads wait for their files already: finish or delete some")
    key = f"upload/{account}/{upload}/{asked['name']}"
    values = {**asked, "id": upload, "account": account, "key": key, "content_type": content_type}
    await transaction.execute(_SQL["insert"], values)
    detail = {"name": asked["name"], "size_bytes": asked["size_bytes"]}
    await audit_log.record(transaction, by, action="upload.begin", subject=f"upload/{upload}", detail=detail)
    return values


async def read(database: Database, upload: str, *, by: Principal) -> Row:
    """Return an upload of one's own, or anybody's for a moderator. Raises NotFoundError, ForbiddenError."""
    row = await database.first(_SQL["one"], {"upload": upload})
    return _checked(row, upload, by)


async def read_list(database: Database, *, by: Principal, cursor: str | None, limit: int) -> list[Row]:
    """Return uploads, newest first: one's own, or all for a moderator."""
    account = None if by.has_role(Role.MODERATOR) else account_of(by)
    return await database.all(_SQL["newest"], {"account": account, "cursor": cursor, "limit": limit})


async def check(database: Database, storage: Storage, upload: str, *, by: Principal) -> Row:
    """Look at the file that has come and settle whether it may be used. Raises ConflictError while there is none."""
    row = await read(database, upload, by=by)
    if row["state"] != "Waiting":
        return row
    found = await storage.head(row["key"])
    if found is None:
        raise ConflictError("the file has not come yet: send it to the address that was given, then say so again")
    reason = await _why_not(storage, row, found)
    values = {"upload": upload, "state": "Refused" if reason else "Ready", "reason": reason, "etag": found.etag}
    await database.execute(_SQL["settle"], values)
    return await read(database, upload, by=by)


async def delete(database: Database, storage: Storage, upload: str, *, by: Principal) -> None:
    """Remove an upload: marked first, then the object, then finished. Raises NotFoundError, ForbiddenError."""

    async def mark(transaction: Transaction) -> Row:
        row = _checked(await transaction.first(_SQL["lock"], {"upload": upload}), upload, by)
        await transaction.execute(_SQL["delete"], {"upload": upload, "reason": f"deleted by {by.name}"})
        await audit_log.record(transaction, by, action="upload.delete", subject=f"upload/{upload}")
        return row

    row = await database.run(mark)
    await storage.delete_many([row["key"]])
    await database.execute(_SQL["finish_delete"], {"upload": upload})


async def offered(database: Database, storage: Storage, upload: str, name: str) -> Row:
    """Return an upload whose file anyone may have. Raises NotFoundError, GoneError."""
    row = await database.first(_SQL["one"], {"upload": upload})
    if row is None or row["name"] != name or row["state"] in {"Waiting", "Refused"}:
        raise NotFoundError("there is no such upload, or it is not ready")
    found = await storage.head(row["key"]) if row["state"] == "Ready" else None
    if found is None:
        raise GoneError("this upload was deleted")
    if found.etag != row["etag"]:
        raise GoneError("another file was sent in its place after it had been checked: upload it anew")
    return row


def _checked(row: Row | None, upload: str, by: Principal) -> Row:
    if row is None:
        raise NotFoundError(f"there is no upload {upload[:40]!r}")
    if row["account"] != account_of(by) and not by.has_role(Role.MODERATOR):
        raise ForbiddenError("this upload is somebody else's")
    return row


async def _why_not(storage: Storage, row: Row, found: StoredObject) -> str | None:
    """Return why a file may not be used, in words, or None."""
    if found.size_bytes != row["size_bytes"]:
        return f"it has {found.size_bytes:,} bytes, and not the {row['size_bytes']:,} that were announced"
    head = await _part(storage, row["key"], 0, HEAD_BYTES)
    tail_bytes = min(TAIL_BYTES, found.size_bytes)
    tail = await _part(storage, row["key"], found.size_bytes - tail_bytes, tail_bytes)
    try:
        await asyncio.to_thread(inspect, row["name"], Ends(found.size_bytes, head, tail))
    except FileRefusedError as error:
        return error.detail
    if row["sha256"] and await _sha256(storage, row["key"]) != row["sha256"]:
        return "its SHA-256 is not the one that was announced"
    return None


async def _part(storage: Storage, key: str, start: int, size_bytes: int) -> bytes:
    return b"".join([chunk async for chunk in storage.stream(key, start, start + size_bytes - 1)])


async def _sha256(storage: Storage, key: str) -> str:
    digest = hashlib.sha256()
    async for chunk in storage.stream(key):
        await asyncio.to_thread(digest.update, chunk)
    return digest.hexdigest()
