"""The command `gnomon`. Nothing of the house is imported here: a child process that re-imports this stays small."""


def main() -> None:
    """Run the command line."""
    from gnomon.cli.commands import gnomon

    gnomon()


if __name__ == "__main__":
    main()
