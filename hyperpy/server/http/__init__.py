"""uvicorn's HTTP protocols with hyperpy's limits and access log."""
