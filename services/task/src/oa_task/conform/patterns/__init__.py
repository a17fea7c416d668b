"""Regular expressions of Python, run by Rust's engine where both engines certainly agree."""
