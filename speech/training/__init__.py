"""Trains the Mandarin telephone ear from synthetic speech: `python -m speech.training STAGE`. Needs the extra `training`.

Stages: prepare -> speak (texts, voices) -> fit (telephone, features, network) -> sharpen (whole stretches, real recordings)
-> export -> exam. Nothing at run time imports this package.
"""
