"""The network of `speech.onset`: its examples, its training, its exam."""
