"""How the shipped reader is made: what it is drawn from, its training, its tuning."""
