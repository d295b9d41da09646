"""The Shannon door: tasks, streams, sessions, schedules and control signals, as `shannon-sdk` asks for them."""
