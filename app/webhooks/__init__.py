"""Webhooks: other programs are called when something public happens to a ticket (abuse cases A65 to A68)."""
