"""What templates say about the layers of a map, and what the scripts and the stylesheet know of it."""

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[4] / "services/api/src/oa_api"
TEMPLATES, STATIC = PACKAGE / "templates", PACKAGE / "static"
LAYERS = [
    (path.relative_to(TEMPLATES).as_posix(), layer)
    for path in sorted(TEMPLATES.rglob("*.html"))
    for layer in re.findall(r'\{"kind": "(?:pmtiles|geojson|changes)"(?:[^{}]|\{[^{}]*\})*\}', path.read_text("utf-8"))
]
_KEY = re.compile(r'"(\w+)": ')
_WITHIN = re.compile(r"(?<!^)\{[^{}]*\}")  # a mapping in a value


def read_keys() -> set[str]:
    scripts = "".join(path.read_text("utf-8") for path in sorted(STATIC.glob("map*.js")))
    return set(re.findall(r"\blayer\.(\w+)", scripts))


def test_templates_have_layers() -> None:
    assert len(LAYERS) >= 10
    assert {"kind", "url", "layer", "label", "is_fabric"} <= read_keys()


@pytest.mark.parametrize(("template", "layer"), LAYERS)
def test_scripts_read_every_key_of_a_layer(template: str, layer: str) -> None:
    assert set(_KEY.findall(_WITHIN.sub("", layer))) <= read_keys(), template


def test_legend_has_the_color_of_each_group() -> None:
    """The legend marks a group by the class `layer-` and its name; the map has the color of the same property."""
    script, style = ((STATIC / name).read_text("utf-8") for name in ("map-data.js", "app.css"))
    groups = dict(re.findall(r"\b(\w+): \"(--(?:layer|change|map)-\w+)\"", script))
    assert {"addresses", "published", "added", "changed"} <= set(groups)
    for name, color in groups.items():
        assert re.search(rf"\.swatch\.layer-{name} \{{ background: var\({color}\);", style), name


def test_page_has_no_second_legend() -> None:
    """The control of the map is the legend: only the script writes swatches."""
    assert [path.name for path in TEMPLATES.rglob("*.html") if "swatch" in path.read_text("utf-8")] == []
