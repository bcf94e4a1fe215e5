"""Small things that every room shares: words, clock, settings, logs. Knows nobody above it."""
