"""The page to draw on: a condition is drawn in the browser, and the model generates its picture."""
