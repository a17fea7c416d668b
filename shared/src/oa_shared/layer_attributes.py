"""The attributes that the output of each layer has."""

from collections.abc import Mapping

LAYER_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "addresses": ("number", "street", "unit", "city", "district", "region", "postcode", "id", "accuracy"),
    "buildings": ("height", "levels"),
    "parcels": ("pid",),
    "centerlines": (
        *("id", "name", "oneway", "speed", "classification", "surface"),
        *("addr_from_left", "addr_to_left", "addr_from_right", "addr_to_right", "zip_left", "zip_right"),
    ),
}
