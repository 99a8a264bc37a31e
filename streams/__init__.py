"""What flows and what it means: events, journeys, totals and KPIs; pure, no I/O and no clock."""
