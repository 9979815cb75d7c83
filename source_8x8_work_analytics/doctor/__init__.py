"""The doctor: asks a real account what 8x8's documentation leaves open, and reports what it saw."""
