"""The page "Inspector": one network and one picture, seen from five sides, one tab each."""
