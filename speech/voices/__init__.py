"""Package data: style vectors of Kokoro's Mandarin voices and its token vocabulary. See NOTICE.txt."""
