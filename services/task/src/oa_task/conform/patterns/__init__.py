"""Regular expressions: Python's, as definitions are written for, run by Rust's engine where both surely agree."""
