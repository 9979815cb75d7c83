"""What unit tests and integration tests share."""
