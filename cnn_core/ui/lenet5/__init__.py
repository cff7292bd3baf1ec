"""The page "LeNet-5 on MNIST": one module for each part of it, `page.render` puts them together."""
