"""The verbs of a task: each is one transaction, and each is a function of the ledger and a command."""
