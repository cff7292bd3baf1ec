"""Residual connections: whether the gradient arrives, and whether a deeper network fits worse."""
