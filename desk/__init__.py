"""Takes what a person must finish: escalations, promises, complaints."""
