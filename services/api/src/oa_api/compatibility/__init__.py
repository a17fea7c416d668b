"""The API of openaddresses/batch (version 1) next to version 2, until its clients have moved (docs/moving.md)."""
