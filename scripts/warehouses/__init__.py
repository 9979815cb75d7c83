"""BigQuery by an emulator."""
