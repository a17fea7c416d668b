"""Whether the data is where its definition states: the areas of coverage, the sample of places, the verdict."""
