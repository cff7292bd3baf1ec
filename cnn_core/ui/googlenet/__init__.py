"""The page "GoogLeNet · CIFAR-10": one module for each part of it, `page` puts them together."""
