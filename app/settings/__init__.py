"""What administrators decide while the system runs: typed, with history, secrets encrypted."""
