"""Builds the decoding graphs of the first Chinese model. Development only: kaldifst and vosk must never share a process."""
