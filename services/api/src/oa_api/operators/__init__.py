"""What operators see and do: failures by cause, held-back results, many jobs at once, pauses, dead letters."""
