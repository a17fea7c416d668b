"""What the container of an attempt may do with files: its own credentials, and URLs of the inputs of its plan."""
