"""New data as an Atom feed."""

from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import pytest

from oa_api.datasets.feed import NAMESPACE
from support.atom_faults import atom_faults
from support.product_jobs import request
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


async def test_feed_is_valid_with_each_filter_on_each_page_and_after_a_withdrawal(api: RunningApi) -> None:
    await publish(api, "xx/a", HOSTILE)
    await publish(api, "xx/é", "city")
    status, _ = await request(api, "POST", "/api/data/1/state", {"action": "retire", "reason": HOSTILE})
    assert status == 200
    await api.database.execute(
        "INSERT INTO publication (data_id, job_id, attempt, run_id, source_sha256) "
        "SELECT 2, 2, n + 1, 1, '0' FROM generate_series(1, 100) n"
    )
    queries = ["", "source=xx/", "q=%C3%89", "layer=addresses", "name=city", "bbox=-180,-90,180,90", "point=-122,37.8"]
    queries.append(links(await feed(api))["next"].partition("?")[2])
    ids = set()
    for query in queries:
        found = await feed(api, f"?{query}")
        assert atom_faults(found) == [], query
        ids.add(found.findtext("a:id", namespaces=ATOM))
        site, _, filters = links(found)["alternate"].partition("/data")
        assert site == links(found)["self"].partition("/data")[0]
        if "cursor" not in query:
            assert parse_qs(filters.lstrip("?")) == parse_qs(query), "the page has the datasets of the feed"
        assert (await api.client.get(f"/data{filters}")).status == 200
    assert len(ids) == len(queries) - 1, "each selection is a feed of its own, and each page is of the same feed"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("<id>tag:e,1</id>", "", "entry 0: needs one id"),
        ("<id>tag:e,1</id>", "<id>1</id>", "entry 0: the id is no absolute IRI"),
        ("<title>t</title>", "", "entry 0: needs one title"),
        ("2026-01-01T00:00:00Z", "yesterday", "feed: updated is no date"),
        ("<author><name>a</name></author>", "", "entry 0: no author"),
        ('rel="self"', 'rel="related"', "feed: 0 links rel=self"),
        ('href="https://e/1"', 'href="/1"', "entry 0: the link /1 is not absolute"),
        ('rel="alternate"', 'rel="related"', "entry 0: neither content nor a link rel=alternate"),
        ("</entry>", "</entry><entry><id>tag:e,1</id></entry>", "2 entries have the id tag:e,1"),
    ],
    ids=["no id", "id", "no title", "date", "no author", "no self", "relative link", "no alternate", "repeated id"],
)
def test_check_of_feeds_sees_each_fault(old: str, new: str, fault: str) -> None:
    valid = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:f</id><title>f</title><author><name>a</name></author>'
        '<updated>2026-01-01T00:00:00Z</updated><link rel="self" href="https://e/f"/><entry><id>tag:e,1</id>'
        '<title>t</title><updated>2026-01-01T00:00:01Z</updated><link rel="alternate" href="https://e/1"/></entry></feed>'
    )
    assert atom_faults(ET.fromstring(valid)) == []  # noqa: S314 - our own
    assert old in valid
    assert fault in atom_faults(ET.fromstring(valid.replace(old, new)))  # noqa: S314 - our own


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
