"""Architectures, their weights and the registry that names them."""
