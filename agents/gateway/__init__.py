"""The Gateway agent: what the world says comes in through it, what it is told goes out through it. It never decides."""
