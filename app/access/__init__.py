"""WHO MAY: how people come in, and what of others they may see."""
