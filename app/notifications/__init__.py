"""Who hears of what, and how: bell, mail, Teams, and the words of every timeline."""
