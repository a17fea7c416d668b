"""Vector tiles: features spooled during the pass, then written zoom by zoom as PMTiles."""
