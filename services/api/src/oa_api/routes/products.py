"""The endpoints below /api/collections, /api/export and /api/fabric."""

from oa_api.handlers import collections, exports, fabric
from oa_api.routes.route import BYTES, Route
from oa_api.schemas import product_answers as answers
from oa_api.schemas import products as requests
from oa_shared.roles import Role

_FILE = "A redirect to the store, or the bytes themselves; ranges work in both."

COLLECTIONS = (
    Route(
        *("GET", "/api/collections", collections.list_collections, "List collections"),
        *(answers.CollectionList, "products"),
        description="Oldest first. The `Link` header leads to the next page.",
        query=requests.Cursor,
        role=Role.ANYONE,
    ),
    Route(
        *("POST", "/api/collections", collections.post_collection, "Create a collection"),
        *(answers.Collection, "products"),
        body=requests.NewCollection,
        refusals=(409,),
        role=Role.ADMIN,
    ),
    Route(
        *("GET", "/api/collections/{collection}", collections.get_collection, "A collection and its files"),
        *(answers.Collection, "products"),
        role=Role.ANYONE,
    ),
    Route(
        *("PATCH", "/api/collections/{collection}", collections.patch_collection, "Change a collection"),
        *(answers.Collection, "products"),
        description="What is left out stays as it is; the next build is by what it says then.",
        body=requests.CollectionChange,
        role=Role.ADMIN,
    ),
    Route(
        *("DELETE", "/api/collections/{collection}", collections.delete_collection, "Delete a collection"),
        *(answers.CollectionDeleted, "products"),
        role=Role.ADMIN,
    ),
    Route(
        *("POST", "/api/collections/{collection}/build", collections.post_build, "Build a collection"),
        *(answers.BuildStarted, "products"),
        description="Skipped, with the reason, when its inputs are those of the last good build.",
        body=requests.NewBuild,
        is_idempotent_by_key=True,
        role=Role.ADMIN,
    ),
    Route(
        *("GET", "/api/collections/{collection}/builds", collections.list_builds, "The builds of a collection"),
        *(answers.BuildList, "products"),
        description="Newest first. The `Link` header leads to the next page.",
        query=requests.Cursor,
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/collections/{collection}/data", collections.get_data, "The newest file of a collection"),
        *((BYTES,), "products"),
        description=f"All of it as GeoJSON, or in the first format that it has. {_FILE}",
        refusals=(410, 416),
        also=(302,),
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/collections/{collection}/output/{file}", collections.get_output, "A file of a collection"),
        *((BYTES,), "products"),
        description=f"That of the newest good build. {_FILE}",
        refusals=(410, 416),
        also=(302,),
        role=Role.ANYONE,
    ),
)
EXPORTS = (
    Route(
        *("GET", "/api/export", exports.list_exports, "List exports", answers.ExportList, "products"),
        description="Newest first. The `Link` header leads to the next page.",
        query=requests.ExportFilter,
        role=Role.ANYONE,
    ),
    Route(
        *("POST", "/api/export", exports.post_export, "Export a job or a selection", answers.Export, "products"),
        description="One layer of a job, or of what is published of some sources, as one file, kept for a while.",
        body=requests.NewExport,
        refusals=(404, 409),
        is_idempotent_by_key=True,
        role=Role.AUTHOR,
    ),
    Route(
        *("GET", "/api/export/{export}", exports.get_export, "An export", answers.Export, "products"),
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/export/{export}/output/{file}", exports.get_output, "The file of an export"),
        *((BYTES,), "products"),
        description=f"{_FILE} 404 when it has expired.",
        refusals=(410, 416),
        also=(302,),
        role=Role.ANYONE,
    ),
)
FABRIC = (
    Route(
        *("GET", "/api/fabric", fabric.get_fabric, "The map of all that is published", answers.Fabric, "products"),
        description="For each layer the newest good PMTiles, and how the latest build went.",
        role=Role.ANYONE,
    ),
    Route(
        *("POST", "/api/fabric", fabric.post_fabric, "Build the map", answers.FabricStarted, "products"),
        description="A layer is skipped, with the reason, when its inputs are those of the last good build.",
        body=requests.NewBuild,
        is_idempotent_by_key=True,
        role=Role.ADMIN,
    ),
    Route(
        *("GET", "/api/fabric/{layer}/output/{file}", fabric.get_output, "The map of a layer", (BYTES,), "products"),
        description=_FILE,
        refusals=(410, 416),
        also=(302,),
        role=Role.ANYONE,
    ),
)
PRODUCTS = (*COLLECTIONS, *EXPORTS, *FABRIC)
