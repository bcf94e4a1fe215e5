"""Drives live calls: timers, threads, the audio pump, recording, transfers. The only place in ivr that waits."""
