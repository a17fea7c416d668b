"""Pages of docs/ that are generated from the code: settings, failure codes, data model."""
