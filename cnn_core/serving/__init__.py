"""The triage model over HTTP: `python -m cnn_core serve`. Free of torch and of the pages."""
