"""The command line of OpenAddresses Batch, a client of its HTTP API."""
