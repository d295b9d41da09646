"""What is wanted of the answer: an untrusted schema, bounded, and the questions that it asks."""
