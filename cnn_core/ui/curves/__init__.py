"""The page "Curves": any run's curves read, a verdict with its figures, and one change tried."""
