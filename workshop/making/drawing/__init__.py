"""What the reader learns from, drawn: digits, and the places that numbers are at."""
