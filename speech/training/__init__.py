"""Trains the Mandarin telephone ear from synthetic speech: `python -m speech.training STAGE`. Needs the extra `training`.

Stages: texts -> voices (Kokoro, espeak-ng) -> telephone -> network -> Kaldi files -> graphs -> exam. Nothing at run
time imports this package.
"""
