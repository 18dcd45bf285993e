"""Clients for the world outside, one per vendor; they know no tickets, no database and no web."""
