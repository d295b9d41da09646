"""The fuse box: settings become objects; the only file that knows every room."""
