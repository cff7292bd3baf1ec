"""The command line: the same runs, store and errors as the page."""
