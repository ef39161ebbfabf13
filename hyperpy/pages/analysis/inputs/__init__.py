"""What a route file declares as inputs, and where markers may stand."""
