"""The ground floor: database, transactions, time, errors, text. No helpdesk words down here."""
