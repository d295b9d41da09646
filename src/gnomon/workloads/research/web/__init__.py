"""The web: search providers behind one interface, and pages read through the gate."""
