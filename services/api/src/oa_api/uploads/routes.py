"""The routes of uploads."""

from oa_api.http.routing import BYTES, FILE, delete, form, get, page, post, put
from oa_api.uploads import api, pages
from oa_api.uploads.schemas import (
    CreatedUploadSchema,
    DeletedUploadSchema,
    NewUploadSchema,
    UploadFilterSchema,
    UploadListSchema,
    UploadSchema,
)
from oa_shared.roles import Role

API = (
    post(
        "/api/upload",
        api.post_upload,
        "Create an upload",
        operation_id="createUpload",
        response=CreatedUploadSchema,
        tag="uploads",
        description=(
            "For data that is not available at a URL. The response states how to send the file; then complete the "
            "upload with `done`."
        ),
        body=NewUploadSchema,
        refusals=(409,),
        role=Role.AUTHOR,
    ),
    get(
        "/api/upload",
        api.list_uploads,
        "List uploads",
        response=UploadListSchema,
        tag="uploads",
        description=(
            "Newest first: those of the caller, or all for a moderator. The `Link` header has the URL of the next page."
        ),
        query=UploadFilterSchema,
        role=Role.AUTHOR,
    ),
    get(
        "/api/upload/{upload}",
        api.get_upload,
        "Get an upload",
        description="An account sees its own uploads, a moderator all.",
        response=UploadSchema,
        tag="uploads",
        role=Role.AUTHOR,
    ),
    put(
        "/api/upload/{upload}/content",
        api.put_content,
        "Send the file",
        operation_id="sendUploadContent",
        response=UploadSchema,
        body=BYTES,
        tag="uploads",
        description=(
            "Only if the response to POST /api/upload has this URL: the body is the file, which is checked immediately."
        ),
        refusals=(408, 409, 413),
        role=Role.AUTHOR,
    ),
    post(
        "/api/upload/{upload}/done",
        api.post_done,
        "Complete an upload",
        operation_id="completeUpload",
        response=UploadSchema,
        tag="uploads",
        description=(
            "Checks the size, the format and the entries of an archive. The upload is then `Ready`, with the URL for "
            "`data` of a source, or `Refused`, with the reason."
        ),
        refusals=(409,),
        role=Role.AUTHOR,
    ),
    delete(
        "/api/upload/{upload}",
        api.delete_upload,
        "Delete an upload",
        response=DeletedUploadSchema,
        tag="uploads",
        description="Sources that use its URL will fail.",
        role=Role.AUTHOR,
    ),
    get(
        "/upload/{upload}/{name}",
        api.get_file,
        "Download an uploaded file",
        operation_id="getUploadedFile",
        response=FILE,
        tag="uploads",
        description="A redirect to the store, or the file; both support ranges and HEAD.",
        also=(206, 302),
        refusals=(410, 416),
        role=Role.ANYONE,
    ),
)
PAGES = (
    page("/uploads", pages.show_uploads, "Uploads", role=Role.AUTHOR),
    form("/uploads/{upload}/delete", pages.post_delete, "Delete upload", role=Role.AUTHOR),
)
ROUTES = (*API, *PAGES)
