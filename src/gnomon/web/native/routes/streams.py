"""Event streams."""

from gnomon.web.native.openapi import router

routes = router("streams")
