"""The first run: the sample school, the real service, the local Workspace, and three sample responses sent through."""

from service.demo.run import demo

__all__ = ["demo"]
