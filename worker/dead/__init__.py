"""The dead letters, for those who put things right: read, listed, kept, thrown away."""
