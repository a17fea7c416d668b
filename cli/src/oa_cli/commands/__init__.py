"""The commands of `oa`, a module for each kind of thing."""
