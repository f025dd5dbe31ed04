"""Bridges to other packages. Each must be imported by its own name; nothing here loads it."""
