"""What operators look after: health of sources, schedules, uploads."""
