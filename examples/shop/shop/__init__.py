"""A small online shop, written the way a Python team would write it.

Nothing in this package knows about telemetry: it is run under
``opentelemetry-instrument``, which adds the spans from outside.
"""
