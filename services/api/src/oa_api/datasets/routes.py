"""The routes of datasets."""

from oa_api.datasets import api, attribution_api, feed_api, pages
from oa_api.datasets.request_schemas import (
    CreditsSchema,
    DataFilterSchema,
    FeedFilterSchema,
    HistoryFilterSchema,
    SelectionSchema,
)
from oa_api.datasets.schemas import DatasetListSchema, DatasetSchema, HistorySchema, LicenseListSchema
from oa_api.http.routing import ATOM, GEOJSON, JSON, TEXT, get, page
from oa_shared.roles import Role
from oa_shared.status import LAYERS

API = (
    get(
        "/api/data",
        api.list_data,
        "What is published",
        answer=DatasetListSchema,
        tag="data",
        description="The latest published result for each source, layer and name.",
        query=DataFilterSchema,
        role=Role.ANYONE,
        also=(304,),
    ),
    get(
        "/api/data/places",
        api.get_places,
        "Where the data lies",
        answer=(GEOJSON,),
        tag="data",
        description="The bounds of every dataset of the selection, each with its count.",
        query=SelectionSchema,
        role=Role.ANYONE,
        also=(304,),
    ),
    get(
        "/api/data/{data}",
        api.get_dataset,
        "A dataset",
        answer=DatasetSchema,
        tag="data",
        description="`latest_job` says why when a newer job of a live run did not publish.",
        role=Role.ANYONE,
        also=(304,),
    ),
    get(
        "/api/data/{data}/history",
        api.list_history,
        "Each time it was published",
        answer=HistorySchema,
        tag="data",
        description="Newest first. The `Link` header leads to the next page.",
        query=HistoryFilterSchema,
        role=Role.ANYONE,
        also=(304,),
    ),
    get(
        "/latest/{source}/{layer}/{name}/{file}",
        api.get_latest,
        "The newest file of a dataset",
        answer=(),
        tag="data",
        description=(
            "An address that stays: it leads to the file of what is published now. Ranges work where it leads."
        ),
        role=Role.ANYONE,
        pattern=f"/latest/{{source:.+}}/{{layer:{'|'.join(LAYERS)}}}/{{name:[^/]+}}/{{file:[^/]+}}",
        also=(302, 304),
    ),
    get(
        "/api/licenses",
        attribution_api.list_licenses,
        "The licences of the data",
        answer=LicenseListSchema,
        tag="data",
        description="As the definitions state them, each with how much is published under it.",
        role=Role.ANYONE,
        also=(304,),
    ),
    get(
        "/api/attribution",
        attribution_api.get_attribution,
        "The credits that are due",
        answer=(TEXT, JSON),
        tag="data",
        description="Of any selection: a text to pass on with the data, or JSON with `format=json`.",
        query=CreditsSchema,
        role=Role.ANYONE,
        also=(304,),
    ),
    get(
        "/data/feed.atom",
        feed_api.get_feed,
        "New data as an Atom feed",
        answer=(ATOM,),
        tag="data",
        description="The newest publications; `rel=next` leads to older ones.",
        query=FeedFilterSchema,
        role=Role.ANYONE,
        also=(304,),
    ),
)
PAGES = (
    page("/data", pages.list_data, "Data", role=Role.ANYONE),
    page("/data/{data}", pages.show_dataset, "A dataset", role=Role.ANYONE),
    page("/map", pages.show_map, "The map of everything", role=Role.ANYONE),
    page("/map/places.json", pages.get_places, "What the map shows", answer=(GEOJSON,), role=Role.ANYONE),
)
ROUTES = (*API, *PAGES)
