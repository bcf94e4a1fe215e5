"""Conversations written as plays, one file a case: see ivr/dialogue/play.py."""
