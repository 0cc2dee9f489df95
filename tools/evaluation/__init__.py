"""What the shipped dashboards and monitors would show and say, evaluated over what the check sent.

day = simulated_day()
widget = evaluate_widget(definition, day.recording, variables={}, start=day.start, end=day.end)
alerts = evaluate_monitor(definition, day.recording, start=day.start, end=day.end)
"""
