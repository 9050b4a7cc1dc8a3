"""What the Memory agent learns from: episodes and their embeddings."""
