"""How each kind of report is read."""
