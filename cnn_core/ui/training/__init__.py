"""What every page that trains shows alike: start, live panel, group of seeds, about a run."""
