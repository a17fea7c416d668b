"""The kinds of jobs: the data of one source, a product built from many datasets, or files that a result lacks."""

from enum import StrEnum


class JobKind(StrEnum):
    """What a job builds; only data of a source passes the quality gate and is published as a dataset."""

    SOURCE = "source"
    COLLECTION = "collection"
    EXPORT = "export"
    FABRIC = "fabric"
    BACKFILL = "backfill"


PRODUCTS = (JobKind.COLLECTION, JobKind.EXPORT, JobKind.FABRIC)
