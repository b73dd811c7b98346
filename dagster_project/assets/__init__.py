"""The assets of one run, a file a domain."""
