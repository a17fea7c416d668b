"""What is not kept for ever: rules as data, rows marked before their objects go, orphans found."""
