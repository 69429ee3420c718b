"""durable-rules, used in the only shape in which it is right, and held against the reference."""
