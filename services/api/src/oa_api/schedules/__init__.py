"""What is done by the clock: once for each type and period, however often it is asked for."""
