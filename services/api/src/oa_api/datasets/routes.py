"""The routes of datasets."""

from oa_api.datasets import api, attribution_api, extents_api, feed_api, pages, sitemap
from oa_api.datasets.request_schemas import (
    AttributionFilterSchema,
    DatasetFilterSchema,
    DatasetSelectionSchema,
    FeedFilterSchema,
    HistoryFilterSchema,
)
from oa_api.datasets.schemas import (
    AttributionListSchema,
    DatasetListSchema,
    DatasetSchema,
    HistorySchema,
    LicenseListSchema,
)
from oa_api.http.routing import JSON, TEXT, get, page
from oa_shared.media_types import ATOM, GEOJSON
from oa_shared.roles import Role
from oa_shared.status import LAYERS

API = (
    get(
        "/api/data",
        api.list_datasets,
        "List datasets",
        response=DatasetListSchema,
        tag="data",
        description="The published result of each source, layer and name.",
        query=DatasetFilterSchema,
        role=Role.ANYONE,
        also=(304,),
    ),
    get(
        "/api/data/places",
        extents_api.get_extents,
        "Dataset extents",
        operation_id="getDatasetExtents",
        response=(GEOJSON,),
        tag="data",
        description="The extent and the center of each selected dataset, with its number of features.",
        query=DatasetSelectionSchema,
        role=Role.ANYONE,
        also=(304,),
    ),
    get(
        "/api/data/{data}",
        api.get_dataset,
        "Get a dataset",
        response=DatasetSchema,
        tag="data",
        description="`latest_job` is a newer job of a live run that was not published, with the reason.",
        role=Role.ANYONE,
        also=(304,),
    ),
    get(
        "/api/data/{data}/history",
        api.list_history,
        "List the publications of a dataset",
        operation_id="listPublications",
        response=HistorySchema,
        tag="data",
        description="Newest first. The `Link` header has the URL of the next page.",
        query=HistoryFilterSchema,
        role=Role.ANYONE,
        also=(304,),
    ),
    get(
        "/latest/{source}/{layer}/{name}/{file}",
        api.get_latest,
        "Get the latest file of a dataset",
        operation_id="getLatestFile",
        response=(),
        tag="data",
        description="A stable URL: redirects to the file of the published result, which supports ranges.",
        role=Role.ANYONE,
        pattern=f"/latest/{{source:.+}}/{{layer:{'|'.join(LAYERS)}}}/{{name:[^/]+}}/{{file:[^/]+}}",
        also=(302, 304),
    ),
    get(
        "/api/licenses",
        attribution_api.list_licenses,
        "List the licenses of the data",
        response=LicenseListSchema,
        tag="data",
        description="As the definitions state them, each with the number of datasets and features.",
        role=Role.ANYONE,
        also=(304,),
    ),
    get(
        "/api/attribution",
        attribution_api.get_attribution,
        "Attribution text",
        response=(TEXT, JSON),
        json=AttributionListSchema,
        tag="data",
        description="For the selected datasets: text to redistribute with the data, or JSON with `format=json`.",
        query=AttributionFilterSchema,
        role=Role.ANYONE,
        also=(304,),
    ),
    get(
        "/data/feed.atom",
        feed_api.get_feed,
        "Atom feed of publications",
        response=(ATOM,),
        tag="data",
        description="Newest first; the link `rel=next` has older ones.",
        query=FeedFilterSchema,
        role=Role.ANYONE,
        also=(304,),
    ),
)
PAGES = (
    page("/data", pages.list_data, "Data", role=Role.ANYONE),
    page("/data/{data}", pages.show_dataset, "Dataset", role=Role.ANYONE),
    page("/map", pages.show_map, "Map", role=Role.ANYONE),
    page("/robots.txt", sitemap.get_robots, "Rules for crawlers", response=(TEXT,), role=Role.ANYONE),
    page("/sitemap.xml", sitemap.get_sitemap, "Sitemap", response=("application/xml",), role=Role.ANYONE),
    page("/map/places.json", pages.get_extents, "Extents on the map", response=(GEOJSON,), role=Role.ANYONE),
)
ROUTES = (*API, *PAGES)
