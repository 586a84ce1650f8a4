"""Who is talking, and which model answers: pure functions over plain values."""
