"""``python -m raylign.cli``: the command, by name of the package."""

from raylign.cli.app import main

if __name__ == "__main__":
    main()
