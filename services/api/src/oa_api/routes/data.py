"""The endpoints of published data."""

from oa_api.handlers import data, feed, licences
from oa_api.pages import data as pages
from oa_api.routes.route import ATOM, GEOJSON, HTML, JSON, PAGE, TEXT, Route
from oa_api.schemas import data as shapes
from oa_api.schemas import datasets as answers
from oa_shared.roles import Role
from oa_shared.status import LAYERS

DATA = (
    Route(
        *("GET", "/api/data", data.list_data, "What is published", answers.DatasetList, "data"),
        description="The latest published result for each source, layer and name.",
        query=shapes.DataFilter,
        role=Role.ANYONE,
        also=(304,),
    ),
    Route(
        *("GET", "/api/data/places", data.get_places, "Where the data lies", (GEOJSON,), "data"),
        description="The bounds of every dataset of the selection, each with its count.",
        query=shapes.Selection,
        role=Role.ANYONE,
        also=(304,),
    ),
    Route(
        *("GET", "/api/data/{data}", data.get_dataset, "A dataset", answers.Dataset, "data"),
        description="`latest_job` says why when a newer job of a live run did not publish.",
        role=Role.ANYONE,
        also=(304,),
    ),
    Route(
        *("GET", "/api/data/{data}/history", data.list_history, "Each time it was published", answers.History, "data"),
        description="Newest first. The `Link` header leads to the next page.",
        query=shapes.HistoryFilter,
        role=Role.ANYONE,
        also=(304,),
    ),
    Route(
        *("GET", "/latest/{source}/{layer}/{name}/{file}", data.get_latest, "The newest file of a dataset", (), "data"),
        description="An address that stays: it leads to the file of what is published now. Ranges work where it leads.",
        role=Role.ANYONE,
        pattern=f"/latest/{{source:.+}}/{{layer:{'|'.join(LAYERS)}}}/{{name:[^/]+}}/{{file:[^/]+}}",
        also=(302, 304),
    ),
    Route(
        *("GET", "/api/licenses", licences.list_licenses, "The licences of the data", answers.LicenseList, "data"),
        description="As the definitions state them, each with how much is published under it.",
        role=Role.ANYONE,
        also=(304,),
    ),
    Route(
        *("GET", "/api/attribution", licences.get_attribution, "The credits that are due", (TEXT, JSON), "data"),
        description="Of any selection: a text to pass on with the data, or JSON with `format=json`.",
        query=shapes.Credits,
        role=Role.ANYONE,
        also=(304,),
    ),
    Route(
        *("GET", "/data/feed.atom", feed.get_feed, "New data as an Atom feed", (ATOM,), "data"),
        description="The newest publications; `rel=next` leads to older ones.",
        query=shapes.FeedFilter,
        role=Role.ANYONE,
        also=(304,),
    ),
)
PAGES_OF_DATA = (
    Route("GET", "/data", pages.list_data, "Data", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/data/{data}", pages.show_dataset, "A dataset", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/map", pages.show_map, "The map of everything", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/map/places.json", pages.get_places, "What the map shows", (GEOJSON,), PAGE, role=Role.ANYONE),
)
