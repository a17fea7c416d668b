"""Whether the data lies where its definition says: the areas of coverage, the sample of places, the verdict."""
