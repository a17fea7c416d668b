"""The dimensions of the suite, and which combinations of their values exist."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from readers.damages import BYTE_DAMAGES, Place
from readers.formats import READER_FORMATS
from readers.packings import OF_FILES, OF_ONE_FILE
from readers.pairwise import Values, all_combinations, cover_pairs
from readers.shapes import DIMENSIONS, KINDS, Gaps
from readers.texts import ENCODINGS, Naming

NO_DAMAGE = "no damage"
_LOST = "lost "
_MEMBERS = "first", "second", "third"
_COMPANIONS = sorted({suffix for item in READER_FORMATS.values() for suffix in item.companions})
_SOUND: Mapping[str, Sequence[str]] = {
    "format": list(READER_FORMATS),
    "kind": list(KINDS),
    "dimensions": DIMENSIONS,
    "gaps": list(Gaps),
    "encoding": list(ENCODINGS),
    "naming": list(Naming),
    "packing": [*OF_ONE_FILE, *OF_FILES],
}
_ALL: Mapping[str, Sequence[str]] = {
    **_SOUND,
    "damage": [NO_DAMAGE, *BYTE_DAMAGES, *(f"{_LOST}{suffix}" for suffix in _COMPANIONS)],
    "place": list(Place),
    "member": _MEMBERS,
}


@dataclass(frozen=True, slots=True)
class Combination:
    """A download of the suite. `member` is the place of the damaged file among the format's files with rows."""

    format: str
    kind: str
    dimensions: str
    gaps: Gaps
    encoding: str
    naming: Naming
    packing: str
    damage: str
    place: Place
    member: int

    @property
    def lost_suffix(self) -> str:
        """Return the suffix of the lost file, empty if no file is lost."""
        return self.damage.removeprefix(_LOST) if self.damage.startswith(_LOST) else ""

    def __str__(self) -> str:
        """Return the values, without those that have no effect."""
        shape = f"{self.kind} {self.dimensions}".strip()
        parts = [self.format, shape, self.gaps, f"{self.encoding} {self.naming}", self.packing, self.damage]
        if self.damage in BYTE_DAMAGES:
            in_data = f"{self.place}, {READER_FORMATS[self.format].members[self.member]}"
            parts.append(in_data if self.place is Place.DATA else self.place)
        return "; ".join(parts)


def covering_sound(seed: int) -> list[Combination]:
    """Return combinations without damage that hold each possible pair of values."""
    return [_combination(values) for values in cover_pairs(_SOUND, _is_possible, seed)]


def covering_damaged(seed: int) -> list[Combination]:
    """Return combinations with damage that hold each possible pair of values."""
    damaged = {**_ALL, "damage": [value for value in _ALL["damage"] if value != NO_DAMAGE]}
    return [_combination(values) for values in cover_pairs(damaged, _is_possible, seed)]


def every_combination() -> Iterator[Combination]:
    """Yield each combination of the product."""
    return map(_combination, all_combinations(_ALL, _is_possible))


def draw_combinations(seed: int) -> Iterator[Combination]:
    """Yield combinations at random, without an end."""
    drawn = random.Random(seed)  # noqa: S311 - the same combinations in each run
    while True:
        values: Values = {}
        for name, options in _ALL.items():
            values[name] = drawn.choice([option for option in options if _is_possible({**values, name: option})])
        yield _combination(values)


def _combination(values: Values) -> Combination:
    return Combination(
        format=values["format"],
        kind=values["kind"],
        dimensions=values["dimensions"],
        gaps=Gaps(values["gaps"]),
        encoding=values["encoding"],
        naming=Naming(values["naming"]),
        packing=values["packing"],
        damage=values.get("damage", NO_DAMAGE),
        place=Place(values.get("place", Place.DATA)),
        member=_MEMBERS.index(values.get("member", _MEMBERS[0])),
    )


def _is_possible(values: Values) -> bool:
    """Return whether a combination exists, or may exist once it has the rest of its dimensions."""
    return _is_damage_possible(values) and any(_fits(name, values) for name in _formats(values))


def _formats(values: Values) -> Sequence[str]:
    return [values["format"]] if "format" in values else list(READER_FORMATS)


def _is_damage_possible(values: Values) -> bool:
    """Return whether only damage has a place: the first of the values stands for none."""
    damage, place, member = values.get("damage"), values.get("place"), values.get("member")
    is_in_download = place == Place.DOWNLOAD
    if damage is not None and damage not in BYTE_DAMAGES and (is_in_download or member not in {None, "first"}):
        return False
    if is_in_download and member not in {None, "first"}:
        return False
    # These have no checksum of the data: damage to the download is damage to the data.
    return not (is_in_download and values.get("packing") in {"plain", "tar"})


def _fits(name: str, values: Values) -> bool:
    item = READER_FORMATS[name]
    has_geometry = (values.get("kind"), values.get("dimensions")) in _geometries(name)
    is_spelled = (values.get("encoding"), values.get("naming")) in _spellings(name)
    if not (has_geometry and is_spelled) or values.get("gaps", Gaps.NONE) not in item.gaps:
        return False
    if values.get("packing") in OF_ONE_FILE and not _is_single(name):
        return False
    if "member" in values and _MEMBERS.index(values["member"]) >= len(item.members):
        return False
    damage = values.get("damage", NO_DAMAGE)
    return not damage.startswith(_LOST) or damage.removeprefix(_LOST) in item.companions


@cache
def _geometries(name: str) -> frozenset[tuple[str | None, str | None]]:
    """Return the kinds and dimensions that a format holds, with None for a value that is open."""
    item = READER_FORMATS[name]
    return _with_open((kind, height) for kind in KINDS for height in DIMENSIONS if item.holds(kind, height))


@cache
def _spellings(name: str) -> frozenset[tuple[str | None, str | None]]:
    """Return the encodings of a format and the ways to name them, with None for a value that is open."""
    return _with_open((encoding, str(naming)) for encoding, naming in READER_FORMATS[name].spellings)


def _with_open(pairs: Iterable[tuple[str, str]]) -> frozenset[tuple[str | None, str | None]]:
    known = set(pairs)
    return frozenset(
        {*known, *((first, None) for first, _ in known), *((None, second) for _, second in known), (None, None)}
    )


@cache
def _is_single(name: str) -> bool:
    """Return whether data of the format is one file."""
    return len(READER_FORMATS[name].members) == 1 and not READER_FORMATS[name].companions
