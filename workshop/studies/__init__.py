"""Studies beyond the report: search, ablations, near-duplicates, confidence."""
