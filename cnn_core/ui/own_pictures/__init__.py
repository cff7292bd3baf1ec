"""The page "VGG-16 · your pictures": from a folder of pictures to a network to take away."""
