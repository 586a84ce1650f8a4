"""What the figures in the README come from. Run it: `python -m benchmarks`, or `make bench`."""
