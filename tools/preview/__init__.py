"""Renders the dashboards as one web page, with the data of a simulated day.

vl-convert renders the charts with Vega-Lite; the rest is HTML in Datadog's grid layout.
"""
