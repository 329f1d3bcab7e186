"""Conformance: what the checks of `simgen.testing` found out about each simulator, kept as files and shown as one table.

Results of built-in simulators ship in `measured/`, each written by `simgen conformance NAME --write`; those that are measured here,
of plugins too, go to the user's cache and are shown instead. Nothing in the table is written by hand.
"""
