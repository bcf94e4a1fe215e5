"""The conversation as a state machine without I/O."""
