"""Builds the decoding graphs of the Chinese models: words and their sounds, what may follow what. Imports no Kaldi."""
