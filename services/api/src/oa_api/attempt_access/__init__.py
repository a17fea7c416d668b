"""What the container of an attempt may do with files: credentials of its own, and URLs of the inputs of its plan."""
