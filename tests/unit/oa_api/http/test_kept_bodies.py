"""Bodies that are kept by their ETag: for how long, and how many."""

from oa_api.http.kept_bodies import KEPT_S, MAX_KEPT_BYTES, KeptBodies

LARGE = MAX_KEPT_BYTES // 4


def test_body_is_found_by_its_tag_until_it_is_too_old() -> None:
    clock = [0.0]
    bodies = KeptBodies(lambda: clock[0])
    bodies.keep("a", b"1")
    clock[0] = KEPT_S
    assert (bodies.find("a"), bodies.find("b")) == (b"1", None)
    clock[0] = KEPT_S + 1
    assert bodies.find("a") is None


def test_oldest_bodies_make_room() -> None:
    bodies = KeptBodies()
    for name in "abcde":
        bodies.keep(name, bytes(LARGE))
    assert [name for name in "abcde" if bodies.find(name)] == ["b", "c", "d", "e"]


def test_body_that_would_push_out_the_others_is_not_kept() -> None:
    bodies = KeptBodies()
    bodies.keep("a", b"1")
    bodies.keep("b", bytes(LARGE + 1))
    assert (bodies.find("a"), bodies.find("b")) == (b"1", None)


def test_newer_body_of_a_tag_takes_the_place_of_the_older() -> None:
    bodies = KeptBodies()
    for _ in range(10):
        bodies.keep("a", bytes(LARGE))
    bodies.keep("b", bytes(LARGE))
    assert bodies.find("a") is not None
