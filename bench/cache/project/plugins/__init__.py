"""What is found by listing this folder."""
