"""Pages of docs/ that are generated from the code: settings and failure codes."""
