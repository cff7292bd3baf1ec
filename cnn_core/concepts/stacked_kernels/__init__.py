"""Stacks of 3x3 convolutions against one large convolution that sees the same pixels."""
