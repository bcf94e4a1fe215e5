"""Text in, Meaning out. Pure."""
