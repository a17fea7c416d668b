"""`source.png`: a picture of the features on a map."""
