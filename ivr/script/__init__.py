"""Scripts as content: model, loader, checks."""
