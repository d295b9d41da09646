"""Paths and methods: read, ask the core, answer."""
