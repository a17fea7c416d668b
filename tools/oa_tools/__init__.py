"""Tools for developing and deploying the system; no package imports them and none of them is installed."""
