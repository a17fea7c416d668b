"""The API of openaddresses/batch (version 1) beside ours (version 2), until its clients have moved (docs/moving.md)."""
