"""The fit loop, its events' source, and the recipes that it runs."""
