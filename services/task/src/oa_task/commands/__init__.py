"""The commands of `oa-task`: what they print and which status they return."""
