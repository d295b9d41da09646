"""Records of PVsyst's files to the documents of an energy model; pure, and every key is told of."""
