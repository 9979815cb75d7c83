"""How each kind of report is requested, and whether a response is a report at all."""
