"""What goes beyond the report: how the reader is made, and studies."""
