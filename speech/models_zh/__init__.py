"""Chinese models for Vosk that come with the product. Data only."""
