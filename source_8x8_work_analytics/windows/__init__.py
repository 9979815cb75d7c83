"""Which windows there are, which are left to read, and how far each PBX has come."""
