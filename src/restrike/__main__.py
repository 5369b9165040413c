"""`python -m restrike`."""

import sys

from restrike.cli import main

sys.exit(main())
