"""The verbs of the mail room."""
