"""The local page to draw on: a browser sends a drawing, and the model generates its picture."""
