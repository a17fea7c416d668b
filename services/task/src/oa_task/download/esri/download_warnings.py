"""What a user must know about a download that succeeds."""

from collections.abc import Iterator

from oa_task.download.esri.client import EsriClient


def download_warnings(client: EsriClient, sent: int, counted: int | None) -> Iterator[str]:
    """Yield warnings about a number of features that nothing confirms, and about parameters that have no effect."""
    if counted is None and sent:
        yield f"{client.url} gives no count of its features: it sent {sent:,}, and may have more"
    if counted is not None and sent > counted:
        yield (f"{client.url} counts {counted:,} features and sent {sent:,} different ones: the data has all of them")
    if client.dropped_parameters:
        dropped = ", ".join(f"`{name}={value[:60]}`" for name, value in client.dropped_parameters.items())
        yield f"`data` has parameters that the protocol ESRI does not use: {dropped}"
