"""Verbs about promises."""
