"""Pictures in, arrays out: decoding, data sets, splits. Importing it never imports torch."""
