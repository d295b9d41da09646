"""The post office: what the outbox holds becomes signed POSTs, tried again until they are taken, and logged."""
