"""Everything that touches the world: AMQP, files, signals, HTTP and the command line."""
