"""Tools of MCP servers that a task brings: found, called and bounded."""
