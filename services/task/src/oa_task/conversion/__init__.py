"""Raw files to outputs. All of it runs inside the sandbox."""
