"""Which loader, stream and conditions belong to which method."""
