"""`make docs`: write the generated pages of docs/."""

from argparse import ArgumentParser
from pathlib import Path

from oa_tools.reference import data_model, exit_statuses, failure_codes, moving, settings

ROOT = Path(__file__).parents[3]
PAGES = {
    "docs/settings.md": settings.page,
    "docs/failure-codes.md": failure_codes.page,
    "docs/exit-statuses.md": exit_statuses.page,
    "docs/data-model.md": data_model.page,
    "docs/moving.md": moving.page,
}


def main() -> None:
    """Write each page."""
    ArgumentParser(prog="oa_tools.reference", description="Write the generated pages of docs/.").parse_args()
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
