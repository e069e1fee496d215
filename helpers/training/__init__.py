"""Training that can be stopped at any moment and taken up again."""
