"""The files of a product as pages and the API list them."""

from dataclasses import dataclass

from oa_api.jobs.output_files import OutputFile, output_files
from oa_shared.json_types import JsonObject
from oa_shared.products import ATTRIBUTION_FILE, LICENSES_FILE

# Files for programs: not listed, but served.
_UNLISTED = frozenset({"manifest.json", "plan.json"})
_DEDUPLICATED = "deduplicated: each address once"
_DESCRIPTIONS = {
    "collection.geojson.zip": "one file per dataset, newline-delimited",
    "collection.parquet.zip": "GeoParquet by country and layer",
    "collection.pmtiles": "vector tiles",
    "collection-deduplicated.geojson.zip": _DEDUPLICATED,
    "collection-deduplicated.parquet.zip": _DEDUPLICATED,
    "collection-deduplicated.pmtiles": _DEDUPLICATED,
    ATTRIBUTION_FILE: "attribution text",
    LICENSES_FILE: "license of each dataset",
}


@dataclass(frozen=True, slots=True)
class ProductFile:
    """A file of a product; its URL is always that of the latest successful build."""

    name: str
    url: str
    size_bytes: int | None
    sha256: str

    @property
    def href(self) -> str:
        """Return the URL, under the name that pages have for it."""
        return self.url

    @property
    def what(self) -> str:
        """Return what the file contains, for pages."""
        return _DESCRIPTIONS.get(self.name, "")


# Without slots, like the classes below: dataclasses with slots cannot share fields.
@dataclass(frozen=True, kw_only=True)
class ProductResult:
    """The latest successful build of a product: the result of its job."""

    job: int | None
    result: JsonObject | None

    @property
    def url_prefix(self) -> str:
        """Return the path below which the files are."""
        raise NotImplementedError

    @property
    def outputs(self) -> dict[str, OutputFile]:
        """Return all files by name, with their keys in the bucket."""
        return dict(sorted(output_files(self.result).items()))

    @property
    def files(self) -> list[ProductFile]:
        """Return the listed files, by name."""
        return [
            ProductFile(name, f"{self.url_prefix}/{name}", output.size_bytes, output.sha256)
            for name, output in self.outputs.items()
            if name not in _UNLISTED
        ]

    @property
    def size(self) -> int:
        """Return the size of the listed files in bytes."""
        return sum(file.size_bytes or 0 for file in self.files)

    @property
    def count(self) -> object:
        """Return the number of features."""
        return (self.result or {}).get("count")

    @property
    def bounds(self) -> object:
        """Return west, south, east, north."""
        return (self.result or {}).get("bounds")

    def url_of(self, name: str) -> str | None:
        """Return the URL of a listed file, or None if the product does not have it."""
        return next((file.url for file in self.files if file.name == name), None)
