"""The wire of the carrier: four pure translators and one HTTP client."""
