"""The vocabulary that both sides of a queue or a socket agree on."""
