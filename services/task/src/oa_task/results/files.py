"""The names of the files in the folder of a result."""

MANIFEST_FILE = "manifest.json"
DEFINITION_FILE = "definition.json"
PLAN_FILE = "plan.json"
LOG_FILE = "log.jsonl"
CACHE_FILE = "cache.zip"

SOURCE_FILE = "source.geojson.gz"
VALIDATED_FILE = "validated.geojson.gz"
PARQUET_FILE = "source.parquet"
CHANGES_FILE = "changes.jsonl.gz"
DELTA_FILE = "delta.geojson"
STATS_FILE = "stats.json"
PROFILE_FILE = "profile.json"
SAMPLE_FILE = "sample.json"
PICTURE_FILE = "source.png"
TILES_FILE = "source.pmtiles"

CONVERSION_FILES = frozenset(
    {
        SOURCE_FILE,
        VALIDATED_FILE,
        PARQUET_FILE,
        CHANGES_FILE,
        DELTA_FILE,
        STATS_FILE,
        PROFILE_FILE,
        SAMPLE_FILE,
        PICTURE_FILE,
        TILES_FILE,
    }
)
"""The files that a conversion may leave."""

BACKFILL_FILES = frozenset({VALIDATED_FILE, PARQUET_FILE, STATS_FILE, PICTURE_FILE, TILES_FILE})
"""The files that a backfill may leave: the features alone suffice to build them."""
