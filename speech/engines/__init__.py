"""Engines behind speech.ports, imported by name when first used."""
