"""One job as pages: how it stands, its log, its input, its changes, its definition, and what may be done to it."""
