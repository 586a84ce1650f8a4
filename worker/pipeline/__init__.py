"""The main path: one delivery in, one turn or dead letter out. Pure; nothing here does I/O."""
