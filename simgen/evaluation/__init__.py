"""Evaluation: measurements of what SimGen stands on, each as numbers, as JSON and as one self-contained page."""
