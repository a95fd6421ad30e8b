"""The command line: arguments, commands, trainings in folders, and the page to draw into.

It lies beside the package, since importing the package imports Keras, which takes seconds that
`--help` need not take.
"""
