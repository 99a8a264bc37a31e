"""KPIs of a CRM export: CSV rows become events by a declarative mapping and run through the real stream."""
