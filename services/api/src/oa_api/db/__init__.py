"""Postgres: connections, transactions, typed rows, migrations. No other package uses the driver."""
