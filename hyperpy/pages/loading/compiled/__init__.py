"""What loading makes of a file before its code runs, and its cache beside the bytecode of Python."""
