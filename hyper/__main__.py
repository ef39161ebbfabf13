"""`python -m hyper` is `hyper`."""

from hyperpy.cli import main

if __name__ == "__main__":
    main(prog_name="hyper")
