"""Reads PVsyst component files and saves them as modules and inverters."""
