"""Dashboards drawn as one web page, from what the check sent in a simulated day.

The charts are Vega-Lite's, drawn by vl-convert; the rest is text in a grid as Datadog lays it out.
"""
