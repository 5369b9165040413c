"""A data class and an enumeration."""

import enum
from dataclasses import dataclass


@dataclass
class Order:
    """What somebody wants."""

    pieces: int = 31


class Season(enum.Enum):
    """When it is sold."""

    SUMMER = 37
    WINTER = 4
