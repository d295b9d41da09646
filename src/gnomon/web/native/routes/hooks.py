"""Webhook endpoints and their deliveries."""

from gnomon.web.native.openapi import router

routes = router("webhooks")
