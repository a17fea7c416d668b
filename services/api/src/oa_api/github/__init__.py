"""HTTP to GitHub, for sign-in, pull requests and the repository of sources."""
