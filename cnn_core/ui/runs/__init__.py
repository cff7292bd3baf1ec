"""The page "Runs": the list, the comparison, and what its owner may do to a run."""
