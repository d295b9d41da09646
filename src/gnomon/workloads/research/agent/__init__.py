"""The agent: what a language model adds to research, step by step; every citation is made by code."""
