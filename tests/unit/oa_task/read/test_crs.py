"""Coordinate reference systems: maps of the Earth in any spelling, everything else a failure that names the type."""

import numpy as np
import pytest
from pyproj import CRS

from oa_task.features.bad_rows import BadRows
from oa_task.read.crs import UnknownCrsFailure, lon_lat_points, projection
from oa_task.runtime.failure import TaskFailure

_SITE_GRID = 'LOCAL_CS["Site grid",LOCAL_DATUM["Site",0],UNIT["metre",1],AXIS["X",EAST],AXIS["Y",NORTH]]'
_HEIGHTS = 'VERT_CS["heights",VERT_DATUM["sea",2005],UNIT["metre",1]]'
_PLACE = 13.4, 52.5
_NO_MAPS = {
    "a site grid": (_SITE_GRID, "Engineering CRS"),
    "a site grid as WKT 2": (CRS(_SITE_GRID).to_wkt("WKT2_2019"), "Engineering CRS"),
    "a site grid with heights": (f'COMPD_CS["site",{_SITE_GRID},{_HEIGHTS}]', "Engineering CRS"),
    "heights": ("EPSG:5703", "Vertical CRS"),
    "heights as WKT": (_HEIGHTS, "Vertical CRS"),
    "heights as URN": ("urn:ogc:def:crs:EPSG::5703", "Vertical CRS"),
    "a geocentric system": ("EPSG:4978", "Geocentric CRS"),
    "a geocentric system of PROJ": ("+proj=geocent +datum=WGS84", "Geocentric CRS"),
    "time": ('TIMECRS["time",TDATUM["t"],CS[TemporalDateTime,1],AXIS["t",future]]', "Temporal CRS"),
    "the Moon": ("ESRI:104903", "has no transformation"),
    "a sphere of the Moon": ("+proj=longlat +a=1737400 +b=1737400 +no_defs", "has no transformation"),
}
_MAPS = {
    "UTM": "EPSG:25833",
    "UTM with heights": "EPSG:25833+7837",
    "a compound code": "EPSG:5555",
    "degrees with heights": "EPSG:4326+5773",
    "degrees in three dimensions": "EPSG:4979",
    "a bound system": "+proj=utm +zone=33 +ellps=bessel +towgs84=598,73,418,0.2,0.045,-2.455,6.7",
    "feet": "+proj=utm +zone=33 +datum=WGS84 +units=us-ft",
    "a prime meridian of its own": "EPSG:27572",
    "grads": "EPSG:4807",
    "derived degrees": "+proj=ob_tran +o_proj=longlat +o_lon_p=-162 +o_lat_p=39.25 +lon_0=180",
    "web maps": "EPSG:3857",
    "Esri's text": CRS("EPSG:2263").to_wkt("WKT1_ESRI"),
}


@pytest.mark.parametrize("name", list(_NO_MAPS))
def test_system_that_is_no_map_is_a_failure(name: str) -> None:
    srs, detail = _NO_MAPS[name]
    with pytest.raises(TaskFailure) as failure:
        projection(srs)
    assert failure.value.code == "source.crs"
    assert detail in failure.value.message
    assert "`conform.srs`" in failure.value.message
    assert not isinstance(failure.value, UnknownCrsFailure)


@pytest.mark.parametrize("srs", ["EPSG:99999", "lambert", "", "LOCAL_CS[", "EPSG:-1"])
def test_unknown_system_is_a_failure_of_its_own_class(srs: str) -> None:
    with pytest.raises(UnknownCrsFailure, match="unknown coordinate reference system") as failure:
        projection(srs)
    assert failure.value.code == "source.crs"


@pytest.mark.parametrize("name", list(_MAPS))
def test_map_in_any_spelling_returns_longitude_and_latitude(name: str) -> None:
    srs = _MAPS[name]
    to_lon_lat = projection(srs).transformer
    if to_lon_lat is None:
        return
    x, y = to_lon_lat.transform(*_PLACE, direction="INVERSE")
    lon, lat = projection(srs).lon_lat(np.array([x]), np.array([y]))
    assert (lon[0], lat[0]) == pytest.approx(_PLACE, abs=1e-6)


def test_heights_change_nothing() -> None:
    x, y = np.array([391_779.0]), np.array([5_820_072.0])
    assert projection("EPSG:25833+7837").lon_lat(x, y) == projection("EPSG:25833").lon_lat(x, y)


def test_point_with_one_coordinate_is_a_bad_row() -> None:
    bad_rows = BadRows()
    x, y = np.array([np.nan, np.nan, 1.0]), np.array([np.nan, 5.0, 2.0])
    found = lon_lat_points(x, y, np.arange(3), srs=projection(None), bad_rows=bad_rows)
    assert np.isnan(found.x).tolist() == [True, True, False]
    (report,) = bad_rows.report().values()
    assert report["examples"] == [{"row": 2, "value": "nan 5.0"}]
