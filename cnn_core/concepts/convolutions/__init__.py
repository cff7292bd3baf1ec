"""Why convolutions? A CNN beside fully connected networks of its size and of its work."""
