"""New data as an Atom feed."""

from xml.etree import ElementTree as ET

from oa_api.datasets.feed import NAMESPACE
from support.publishing import publish
from support.running_api import RunningApi

ATOM = {"a": NAMESPACE}
HOSTILE = '<img src=x onerror=alert(1)> & "]]>'


async def feed(api: RunningApi, query: str = "") -> ET.Element:
    response = await api.client.get(f"/data/feed.atom{query}")
    assert response.status == 200
    assert response.content_type == "application/atom+xml"
    return ET.fromstring(await response.read())  # noqa: S314 - our own


def links(element: ET.Element) -> dict[str, str]:
    return {link.get("rel", ""): link.get("href", "") for link in element.findall("a:link", ATOM)}


async def test_empty_feed_has_every_required_element(api: RunningApi) -> None:
    found = await feed(api)
    for name in ("id", "title", "updated"):
        assert found.findtext(f"a:{name}", namespaces=ATOM)
    assert found.findtext("a:author/a:name", namespaces=ATOM) == "OpenAddresses"
    assert links(found)["self"].endswith("/data/feed.atom")
    assert found.findall("a:entry", ATOM) == []


async def test_feed_has_each_publication_newest_first_with_its_files(api: RunningApi) -> None:
    await publish(api, "xx/a", HOSTILE)
    job = await publish(api, "xx/a", HOSTILE)
    await publish(api, "yy/b")
    entries = (await feed(api, "?source=xx/")).findall("a:entry", ATOM)
    assert len({entry.findtext("a:id", namespaces=ATOM) for entry in entries}) == 2
    first = entries[0]
    assert first.findtext("a:title", namespaces=ATOM) == f"xx/a addresses {HOSTILE}"
    assert first.findtext("a:summary", namespaces=ATOM) == "100 features, 3 added, 2 removed."
    assert "CC BY 4.0" in (first.findtext("a:rights", namespaces=ATOM) or "")
    enclosed = [link for link in first.findall("a:link", ATOM) if link.get("rel") == "enclosure"]
    assert [link.get("length") for link in enclosed] == ["1001", "1002"]
    assert str(enclosed[1].get("href")).endswith(f"/api/job/{job['id']}/output/source.parquet?attempt=1")


async def test_feed_entries_keep_their_ids_and_dates(api: RunningApi) -> None:
    await publish(api)
    names = ("id", "updated", "published")
    found = [
        [(await feed(api)).find("a:entry", ATOM).findtext(f"a:{name}", namespaces=ATOM) for name in names]  # type: ignore[union-attr] # it is there
        for _ in range(2)
    ]
    assert found[0] == found[1]


async def test_feed_of_more_than_a_page_links_the_next_page(api: RunningApi) -> None:
    await publish(api)
    await api.database.execute(
        "INSERT INTO publication (data_id, job_id, attempt, run_id, source_sha256) "
        "SELECT 1, 1, n + 1, 1, '0' FROM generate_series(1, 100) n"
    )
    newest = await feed(api)
    assert len(newest.findall("a:entry", ATOM)) == 100
    older = await feed(api, "?" + links(newest)["next"].partition("?")[2])
    assert len(older.findall("a:entry", ATOM)) == 1
    assert "next" not in links(older)
    assert links(older)["self"] == links(newest)["next"]
    assert links(older)["first"] == links(newest)["self"]
    assert older.findtext("a:id", namespaces=ATOM) == newest.findtext("a:id", namespaces=ATOM)


async def test_unchanged_feed_is_not_sent_again(api: RunningApi) -> None:
    await publish(api)
    tag = (await api.client.get("/data/feed.atom")).headers["ETag"]
    again = await api.client.get("/data/feed.atom", headers={"If-None-Match": tag})
    assert again.status == 304
