"""Kaldi's and OpenFst's files, written and read with struct and numpy alone. Knows no phones, words or calls."""
