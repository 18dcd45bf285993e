"""The mail room: what arrives as e-mail is kept, read, matched and handed to the tickets."""
