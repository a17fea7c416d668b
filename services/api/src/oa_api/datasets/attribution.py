"""The licenses of published data, and the attribution that they require."""

import json
from dataclasses import dataclass, replace

from oa_api.datasets import queries
from oa_api.datasets.requests import DatasetSelection
from oa_api.db.database import Database
from oa_shared.licenses import (
    ANY_SOURCE,
    AttributedDataset,
    CreditCase,
    License,
    attribution_text,
    credit_of,
    normalize_license,
)


@dataclass(frozen=True, slots=True)
class LicenseUse:
    """A license (None: not stated) in one line too, with the number of datasets and of their features."""

    license: License | None
    attribution: str
    datasets: int
    features: int


@dataclass(frozen=True, slots=True)
class Attribution:
    """A dataset with its license (None: not stated), in one line too."""

    source_name: str
    layer: str
    name: str
    license: License | None
    attribution: str


async def list_license_uses(database: Database) -> list[LicenseUse]:
    """Return the licenses of published data, the most used first; equal ones are one, however sources write them."""
    uses: dict[License | None, LicenseUse] = {}
    for row in await queries.count_by_license(database):
        license_ = _without_website(normalize_license(row.license))
        known = uses.get(license_)
        uses[license_] = LicenseUse(
            license=license_,
            attribution=credit_of(license_, ANY_SOURCE).line,
            datasets=row.datasets + (known.datasets if known else 0),
            features=row.features + (known.features if known else 0),
        )
    return sorted(uses.values(), key=lambda use: (-use.datasets, use.attribution))


async def list_attributions(database: Database, selection: DatasetSelection) -> list[Attribution]:
    """Return the selected datasets with their licenses, by name."""
    rows = await queries.list_attributions(database, selection)
    stated = {text: _StatedLicense.of(text) for text in {row.license for row in rows}}
    return [
        Attribution(
            row.source_name,
            row.layer,
            row.name,
            stated[row.license].license,
            stated[row.license].line_of(row.source_name),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class _StatedLicense:
    """A license that datasets state, with the line of each dataset that states it; None where it names the source."""

    license: License | None
    line: str | None

    @classmethod
    def of(cls, text: str | None) -> "_StatedLicense":
        license_ = normalize_license(json.loads(text)) if text else None
        names_source = license_ is not None and license_.case is CreditCase.UNNAMED
        return cls(license_, None if names_source else credit_of(license_, ANY_SOURCE).line)

    def line_of(self, source_name: str) -> str:
        """Return the line of a dataset."""
        return self.line or credit_of(self.license, source_name).line


def attribution_of(attributions: list[Attribution]) -> str:
    """Return the attribution of datasets as a text file."""
    return attribution_text(
        AttributedDataset(item.source_name, item.layer, item.name, item.attribution) for item in attributions
    )


def _without_website(license_: License | None) -> License | None:
    return replace(license_, website=None) if license_ else None
