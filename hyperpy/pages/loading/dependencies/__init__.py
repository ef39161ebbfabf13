"""`Depends(f)`: what `f` is, and the inputs that it is called with."""
