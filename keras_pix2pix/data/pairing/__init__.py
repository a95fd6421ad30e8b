"""Which files belong together: names, lists, splits, and what is wrong with a set."""
