"""Foreign HTML read for its words: a flat token stream, plain text, and where a quote begins."""
