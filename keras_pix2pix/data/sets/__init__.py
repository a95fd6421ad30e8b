"""Sets that have a name, and folders whose layout is detected."""
