"""The kinds of jobs: the data of one source, or a product built from many datasets."""

from enum import StrEnum


class JobKind(StrEnum):
    """What a job builds; only data of a source passes the quality gate and is published as a dataset."""

    SOURCE = "source"
    COLLECTION = "collection"
    EXPORT = "export"
    FABRIC = "fabric"


PRODUCTS = (JobKind.COLLECTION, JobKind.EXPORT, JobKind.FABRIC)
