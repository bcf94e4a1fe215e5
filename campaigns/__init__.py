"""Dials, if law allows: roster, pacing, retries, dialler."""
