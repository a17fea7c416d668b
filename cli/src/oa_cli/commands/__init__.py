"""The commands of `oa`, one module for each group."""
