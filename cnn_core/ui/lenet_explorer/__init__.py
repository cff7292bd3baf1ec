"""The page "LeNet-5 explorer": seven layers, today's and 1998's, on the digit just drawn."""
