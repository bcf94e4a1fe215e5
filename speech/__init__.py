"""Speaks and hears Mandarin at telephone quality. Knows nothing of calls, scripts or borrowers."""
