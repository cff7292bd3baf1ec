"""What networks cost: counted layer by layer, and measured on this machine."""
