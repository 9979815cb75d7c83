"""Request each kind of report, and check that the response really is one."""
