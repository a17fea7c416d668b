"""The program of the AWS emulator: MiniStack behind a gate that requires the keys of this start."""

import os

from ministack import app as ministack

from oa_local.access_key_gate import AccessKeyGate


def main() -> None:
    """Serve until stopped; the settings of MiniStack are environment variables."""
    # MiniStack serves the application that this name has when `main` runs.
    keys = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    ministack.app = AccessKeyGate(ministack.app, *keys)
    ministack.main()


if __name__ == "__main__":
    main()
