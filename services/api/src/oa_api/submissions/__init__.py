"""What the dispatcher asks and reports, for many jobs in one request, and what containers of array jobs ask."""
