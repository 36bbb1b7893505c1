"""The entry point of `themes`: it minds Ctrl-C before anything else is loaded, which takes seconds where the disk is slow."""

from __future__ import annotations

try:
    from pipeline.interruption import minded
except KeyboardInterrupt:  # even that loads a little
    import sys

    print("themes: interrupted (nothing was begun yet)", file=sys.stderr)
    raise SystemExit(130) from None


def main() -> None:
    """Run the command, as `pipeline.cli.main`."""
    with minded():
        from pipeline.cli import main as command

        command()


if __name__ == "__main__":
    main()
