"""All segments at once on one machine: each distinct term is a bit per profile, segments are bit operations."""
