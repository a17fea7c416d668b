"""What is published, as its users find it: datasets, their history, licences and the feed."""
