"""Programs for people who develop the connector."""
