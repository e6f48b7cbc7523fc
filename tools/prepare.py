"""Run commands of `flask` in one process, for speed: `-m tools.prepare "db upgrade" ship`."""

import gc
import sys

import click
from flask.cli import FlaskGroup, ScriptInfo

import config


def main(commands: list[str]) -> None:
    """Each as if typed after `flask`; the first that fails is the last."""
    gc.disable()  # it does not live long enough
    app = ScriptInfo()
    for command in commands:
        try:
            FlaskGroup().main(command.split(), obj=app, standalone_mode=False)
        except config.Wrong as wrong:
            sys.exit(f"A setting is wrong. {wrong}")
        except click.ClickException as error:
            error.show()
            sys.exit(f"`flask {command}` failed.")


if __name__ == "__main__":
    main(sys.argv[1:])
