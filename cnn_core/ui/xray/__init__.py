"""The page of the chest X-ray study."""
