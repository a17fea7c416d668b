"""The routes of uploads."""

from oa_api.http.routing import BYTES, delete, form, get, page, post, put
from oa_api.uploads import api, pages
from oa_api.uploads.schemas import (
    BegunUploadSchema,
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
        "Begin to send a file",
        answer=BegunUploadSchema,
        tag="uploads",
        description=(
            "For files that no server has, as those that governments mail out. The answer says how the file is "
            "sent; say `done` after that."
        ),
        body=NewUploadSchema,
        refusals=(409,),
        role=Role.AUTHOR,
    ),
    get(
        "/api/upload",
        api.list_uploads,
        "Files that were sent",
        answer=UploadListSchema,
        tag="uploads",
        description="Newest first: one's own, or all for a moderator. The `Link` header leads to the next page.",
        query=UploadFilterSchema,
        role=Role.AUTHOR,
    ),
    get(
        "/api/upload/{upload}",
        api.get_upload,
        "One file that was sent",
        answer=UploadSchema,
        tag="uploads",
        role=Role.AUTHOR,
    ),
    put(
        "/api/upload/{upload}/content",
        api.put_content,
        "Send the file itself",
        answer=UploadSchema,
        tag="uploads",
        description=(
            "Only where the answer to POST /api/upload says so: the body is the file. It is looked at at once."
        ),
        refusals=(408, 409, 413),
        role=Role.AUTHOR,
    ),
    post(
        "/api/upload/{upload}/done",
        api.post_done,
        "Say that the file was sent",
        answer=UploadSchema,
        tag="uploads",
        description=(
            "Its size, its kind and, for an archive, what is in it are looked at; the answer is `Ready` with the "
            "address for `data` of a source, or `Refused` with the reason."
        ),
        refusals=(409,),
        role=Role.AUTHOR,
    ),
    delete(
        "/api/upload/{upload}",
        api.delete_upload,
        "Remove a file that was sent",
        answer=DeletedUploadSchema,
        tag="uploads",
        description="Sources that name its address fail from then on.",
        role=Role.AUTHOR,
    ),
    get(
        "/upload/{upload}/{name}",
        api.get_file,
        "A file that was sent",
        answer=(BYTES,),
        tag="uploads",
        description="A redirect to the store, or the bytes themselves; ranges work in both.",
        refusals=(410, 416),
        role=Role.ANYONE,
    ),
)
PAGES = (
    page("/uploads", pages.show_uploads, "Uploads", role=Role.AUTHOR),
    form("/uploads/{upload}/delete", pages.post_delete, "Delete an upload", role=Role.AUTHOR),
)
ROUTES = (*API, *PAGES)
