"""People, organisations, teams, roles, permissions, sign-ins."""
