"""The whole system on one machine: a broker, the worker, a sample hub feed, sample runners."""
