"""The keeper: the library's processes and how they are kept; one answers, one reads, one parses what may be hostile."""
