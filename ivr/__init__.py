"""Talks to borrowers: scripts, dialogue, understanding and the carrier's wire. Never sees the store."""
