"""`python -m ameli_build`: the command `ameli`."""

from ameli_build.cli import main

main()
