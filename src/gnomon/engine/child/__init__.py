"""The child's side of the pipe: small; it sees the workloads, and neither store nor doors."""
