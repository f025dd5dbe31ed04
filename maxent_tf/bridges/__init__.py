"""Bridges to other packages, each imported by its own name: nothing here is loaded unasked."""
