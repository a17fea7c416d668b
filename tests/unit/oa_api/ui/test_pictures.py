"""Pictures of data have a light ground: the dark theme inverts those of the class `picture`."""

import re
from importlib.resources import files
from pathlib import Path

TEMPLATES = Path(str(files("oa_api") / "templates"))
_IMAGES = re.compile(r"<img [^>]*source\.png[^>]*>")


def test_each_picture_of_data_has_the_class_that_the_dark_theme_inverts() -> None:
    pictures = [image for path in TEMPLATES.rglob("*.html") for image in _IMAGES.findall(path.read_text("utf-8"))]
    assert len(pictures) >= 3
    assert [image for image in pictures if 'class="picture"' not in image] == []
