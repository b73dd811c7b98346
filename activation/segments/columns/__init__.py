"""People and what they did as arrays: columns by position, rows of events in time order."""
