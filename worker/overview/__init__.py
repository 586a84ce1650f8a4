"""The figures of all workers: what each publishes once a second, and the sum of what is heard."""
