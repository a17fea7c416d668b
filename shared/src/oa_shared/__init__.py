"""The vocabulary, messages and ports that the services and the command line share."""
