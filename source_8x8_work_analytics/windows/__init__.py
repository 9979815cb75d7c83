"""Which windows exist, which are left to read, and how far each PBX has progressed."""
