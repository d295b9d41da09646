"""Language models behind one interface: text or JSON for a schema, within limits, with what it cost."""
