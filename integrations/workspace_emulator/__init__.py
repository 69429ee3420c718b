"""A local Google Workspace, held to Google's own descriptions of its APIs. Nothing in it leaves the machine."""
