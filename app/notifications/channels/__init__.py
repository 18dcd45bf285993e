"""The ways by which people are told."""
