"""The composition root: finds the project and opens what belongs to it."""

from restrike.workspace.project import NotAProject, Project, find

__all__ = ["NotAProject", "Project", "find"]
