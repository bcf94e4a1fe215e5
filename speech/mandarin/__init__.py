"""Mandarin as it is spoken: `writing` (text -> words), `readings` (words -> pinyin), `phonemes`, `pieces`. Pure."""
