"""What operators work with: errors, bulk actions, dead letters, pauses."""
