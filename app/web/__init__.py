"""The doors for browsers and programs: each parses, opens the unit of work, calls rooms, answers."""
