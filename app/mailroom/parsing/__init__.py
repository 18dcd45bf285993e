"""Reading mail: pure functions from raw bytes to values; no network, no database, no clock."""
