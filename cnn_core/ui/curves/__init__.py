"""The page "Curves": one module for each part of it, `page` puts them together."""
