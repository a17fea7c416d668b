"""The program of the AWS emulator: MiniStack behind a gate. AWS_ACCESS_KEY_ID is the key that requests must name."""

import os

from ministack import app as ministack

from oa_local.access_key_gate import require_access_key


def main() -> None:
    """Serve until stopped; the settings of MiniStack are environment variables."""
    # MiniStack serves the application that this name has when `main` runs.
    ministack.app = require_access_key(ministack.app, os.environ["AWS_ACCESS_KEY_ID"])
    ministack.main()


if __name__ == "__main__":
    main()
