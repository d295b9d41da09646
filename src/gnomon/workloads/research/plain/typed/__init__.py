"""Values of a wanted type, read out of a sentence, each with the place where it stands."""
