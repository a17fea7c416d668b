"""What a job makes: data of one source, or a product of many that are published."""

from enum import StrEnum


class JobKind(StrEnum):
    """The kind of work; only that of a source passes the quality gate and is published as data."""

    SOURCE = "source"
    COLLECTION = "collection"
    EXPORT = "export"
    FABRIC = "fabric"


PRODUCTS = (JobKind.COLLECTION, JobKind.EXPORT, JobKind.FABRIC)
