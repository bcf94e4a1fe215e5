"""Small in-memory stand-ins for the ports. Each passes the same contract tests as the real thing."""
