"""What did LeNet-5 change? The network of 1998 with one of today's habits at a time."""
