"""The duties beside the requests: relay, consumer, sweep. Each can run alone; each beats its heartbeat row."""
