"""Load named sets of pairs, and folders whose layout is detected."""
