"""How the schema came to be, step by step. Never edited once released; a change is a new step."""
