"""A phone company on localhost, written from the carrier documents. Shares no code with the house."""
