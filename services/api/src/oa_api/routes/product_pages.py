"""The pages of collections, exports and the map of all that is published."""

from oa_api.pages import collections, exports
from oa_api.routes.route import HTML, PAGE, Route
from oa_shared.roles import Role

PRODUCT_PAGES = (
    Route("GET", "/collections", collections.list_collections, "Collections", (HTML,), PAGE, role=Role.ANYONE),
    Route("POST", "/collections", collections.post_collection, "Make one", (HTML,), PAGE, role=Role.ADMIN),
    Route("GET", "/collections/{collection}", collections.show_collection, "One", (HTML,), PAGE, role=Role.ANYONE),
    Route("POST", "/collections/{collection}", collections.post_change, "Change it", (HTML,), PAGE, role=Role.ADMIN),
    Route(
        *("POST", "/collections/{collection}/build", collections.post_build, "Build it", (HTML,), PAGE), role=Role.ADMIN
    ),
    Route(
        *("POST", "/collections/{collection}/delete", collections.post_delete, "Delete it", (HTML,), PAGE),
        role=Role.ADMIN,
    ),
    Route("POST", "/fabric", collections.post_fabric, "Build the map", (HTML,), PAGE, role=Role.ADMIN),
    Route("GET", "/exports", exports.list_exports, "Exports", (HTML,), PAGE, role=Role.ANYONE),
    Route("POST", "/exports", exports.post_export, "Make one", (HTML,), PAGE, role=Role.AUTHOR),
)
