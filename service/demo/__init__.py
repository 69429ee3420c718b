"""The first run: the sample school, the real service and the local Workspace, with three sample responses sent through."""

from service.demo.run import demo

__all__ = ["demo"]
