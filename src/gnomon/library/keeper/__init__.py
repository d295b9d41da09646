"""The keeper: the library's processes: one answers, one reads, one parses what may be hostile."""
