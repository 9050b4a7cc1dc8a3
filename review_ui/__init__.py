"""Pages that people read, drawn on the server: no third-party script, no network, Japanese and English alike."""
