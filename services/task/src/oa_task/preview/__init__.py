"""`source.png`: a picture of where the features are."""
