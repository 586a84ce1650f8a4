"""Tables from the configuration of other gateways: pure functions, documents in, documents out."""
