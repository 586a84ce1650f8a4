"""Writing down what is seen, for the commands that work without a broker."""
