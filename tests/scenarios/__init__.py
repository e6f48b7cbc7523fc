"""The regulation as files that can be played; what each may say is in app/scenarios/schema.yaml."""

from pathlib import Path

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
