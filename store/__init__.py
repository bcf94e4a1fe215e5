"""Remembers: SQL for what must not be lost, Redis for what may, blobs for audio, a ledger for proof."""
