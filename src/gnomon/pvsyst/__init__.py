"""The reading room: PVsyst's text files to plain records."""
