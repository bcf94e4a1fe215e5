"""What borrowers say, as data: patterns with required and forbidden parts. Holds tables; decides nothing."""
