"""Evaluates the shipped dashboards and monitors against a recording of what the check submitted.

day = simulated_day()
widget = evaluate_widget(definition, day.recording, variables={}, start=day.start, end=day.end)
alerts = evaluate_monitor(definition, day.recording, start=day.start, end=day.end)
"""
