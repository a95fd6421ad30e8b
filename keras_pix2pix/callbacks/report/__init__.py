"""The page about a training: its verdict, pictures, curves and settings, and how it looks."""
