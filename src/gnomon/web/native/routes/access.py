"""Keys and workspaces."""

from gnomon.web.native.openapi import router

routes = router("access")
