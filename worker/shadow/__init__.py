"""Looking on: everything is decided, and nothing published."""
