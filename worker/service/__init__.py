"""Above the seam: lanes, retries, repeats and the life of the process, over plain values."""
