"""Uploads: created, checked, listed, deleted."""

import asyncio
import hashlib
import uuid
from dataclasses import dataclass

from oa_api.db.database import Database, Transaction
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
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
from oa_api.uploads.requests import NewUpload, UploadFilter
from oa_api.uploads.rows import UploadRow, UploadState
from oa_shared.roles import Role
from oa_shared.storage import Storage, StoredObject

_SQL = load_queries("uploads.queries")
MAX_WAITING = 20
_SHOWN_LENGTH = 40


def file_url(site: str, upload: UploadRow) -> str | None:
    """Return the public URL of an upload's file, or None until it is ready."""
    return f"{site}/upload/{upload.id}/{upload.name}" if upload.state == UploadState.READY else None


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """The largest file, and the most that an account may store, in bytes."""

    max_bytes: int
    account_bytes: int


async def create_upload(transaction: Transaction, new_upload: NewUpload, *, limits: UploadLimits, by: Principal) -> str:
    """Create an upload without its file, and return its ID.

    Raises InvalidError for an unknown kind or a file that is too large, ConflictError for too many that wait or too
    much that is stored.
    """
    if new_upload.size_bytes > limits.max_bytes:
        raise InvalidError("the file is too large", fields={"size_bytes": [f"limit {limits.max_bytes:,} bytes"]})
    content_type = CONTENT_TYPES.get(extension_of(new_upload.name))
    if content_type is None:
        raise InvalidError(
            "files of this kind are not accepted", fields={"name": [f"Use one of {', '.join(CONTENT_TYPES)}."]}
        )
    account, upload = by.owner, uuid.uuid4().hex
    await _check_quota(transaction, account, new_upload.size_bytes, limits)
    key = f"upload/{account}/{upload}/{new_upload.name}"
    values = {**as_parameters(new_upload), "id": upload, "account": account, "key": key, "content_type": content_type}
    await transaction.execute(_SQL["insert"], values)
    detail = {"name": new_upload.name, "size_bytes": new_upload.size_bytes}
    await audit_log.record(transaction, by, action="upload.begin", subject=f"upload/{upload}", detail=detail)
    return upload


async def get_upload(database: Database, upload_id: str, *, by: Principal) -> UploadRow:
    """Return an upload of the caller, or any upload for a moderator. Raises NotFoundError, ForbiddenError."""
    return _check_access(await database.first(_SQL["one"], {"upload": upload_id}, into=UploadRow), upload_id, by)


async def list_uploads(database: Database, upload_filter: UploadFilter, *, by: Principal) -> Page[UploadRow]:
    """Return a page of uploads, newest first: those of the caller, or all for a moderator."""
    account = None if by.has_role(Role.MODERATOR) else by.owner
    values = {"account": account, "cursor": upload_filter.cursor, "limit": upload_filter.limit + 1}
    return Page.cut(await database.all(_SQL["newest"], values, into=UploadRow), upload_filter.limit)


async def check_file(database: Database, storage: Storage, upload_id: str, *, by: Principal) -> UploadRow:
    """Check the file of a waiting upload, and return the upload as ready or refused.

    Raises ConflictError if the file has not arrived, NotFoundError, ForbiddenError.
    """
    upload = await get_upload(database, upload_id, by=by)
    if upload.state != UploadState.WAITING:
        return upload
    stored = await storage.head(upload.key)
    if stored is None:
        raise ConflictError("the file has not arrived: send it as `form` states, then repeat this request")
    reason = await _reason_to_refuse(storage, upload, stored)
    state = UploadState.REFUSED if reason else UploadState.READY
    values = {"upload": upload_id, "state": str(state), "reason": reason, "etag": stored.etag}
    await database.execute(_SQL["record_check"], values)
    return await get_upload(database, upload_id, by=by)


async def delete_upload(database: Database, storage: Storage, upload_id: str, *, by: Principal) -> None:
    """Delete an upload: mark it, delete the object, record the deletion. Raises NotFoundError, ForbiddenError."""

    async def mark(transaction: Transaction) -> UploadRow:
        row = await transaction.first(_SQL["lock"], {"upload": upload_id}, into=UploadRow)
        upload = _check_access(row, upload_id, by)
        await transaction.execute(_SQL["delete"], {"upload": upload_id, "reason": f"deleted by {by.name}"})
        await audit_log.record(transaction, by, action="upload.delete", subject=f"upload/{upload_id}")
        return upload

    upload = await database.run(mark)
    await storage.delete_many([upload.key])
    await database.execute(_SQL["finish_delete"], {"upload": upload_id})


async def get_public_upload(database: Database, storage: Storage, upload_id: str, name: str) -> UploadRow:
    """Return an upload whose file is public and unchanged since its check. Raises NotFoundError, GoneError."""
    upload = await database.first(_SQL["one"], {"upload": upload_id}, into=UploadRow)
    if upload is None or upload.name != name or upload.state in {UploadState.WAITING, UploadState.REFUSED}:
        raise NotFoundError("this upload does not exist or is not ready")
    stored = await storage.head(upload.key) if upload.state == UploadState.READY else None
    if stored is None:
        raise GoneError("this upload was deleted")
    if stored.etag != upload.etag:
        raise GoneError("the file was replaced after its check: upload it again")
    return upload


async def _check_quota(transaction: Transaction, account: str, size_bytes: int, limits: UploadLimits) -> None:
    if (await transaction.first(_SQL["count_waiting"], {"account": account}, into=int) or 0) >= MAX_WAITING:
        raise ConflictError(f"{MAX_WAITING} uploads already wait for their files: complete or delete some")
    stored_bytes = await transaction.first(_SQL["sum_stored"], {"account": account}, into=int) or 0
    if stored_bytes + size_bytes > limits.account_bytes:
        raise ConflictError(
            f"your uploads have {stored_bytes:,} bytes, limit {limits.account_bytes:,} bytes: delete some first"
        )


def _check_access(upload: UploadRow | None, upload_id: str, by: Principal) -> UploadRow:
    if upload is None:
        raise NotFoundError(f"upload {upload_id[:_SHOWN_LENGTH]!r} does not exist")
    if upload.account != by.owner and not by.has_role(Role.MODERATOR):
        raise ForbiddenError("this upload belongs to another account")
    return upload


async def _reason_to_refuse(storage: Storage, upload: UploadRow, stored: StoredObject) -> str | None:
    if stored.size_bytes != upload.size_bytes:
        return f"the file has {stored.size_bytes:,} bytes; {upload.size_bytes:,} were announced"
    head = await _read_range(storage, upload.key, 0, HEAD_BYTES)
    tail_bytes = min(TAIL_BYTES, stored.size_bytes)
    tail = await _read_range(storage, upload.key, stored.size_bytes - tail_bytes, tail_bytes)
    try:
        await asyncio.to_thread(inspect, upload.name, Ends(stored.size_bytes, head, tail))
    except FileRefusedError as error:
        return error.detail
    if upload.sha256 and await _sha256(storage, upload.key) != upload.sha256:
        return "the SHA-256 of the file differs from the announced one"
    return None


async def _read_range(storage: Storage, key: str, start: int, size_bytes: int) -> bytes:
    return b"".join([chunk async for chunk in storage.stream(key, start, start + size_bytes - 1)])


async def _sha256(storage: Storage, key: str) -> str:
    digest = hashlib.sha256()
    async for chunk in storage.stream(key):
        await asyncio.to_thread(digest.update, chunk)
    return digest.hexdigest()
