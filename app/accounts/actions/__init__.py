"""Verbs about people, teams and sign-ins."""
