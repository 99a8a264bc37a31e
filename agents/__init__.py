"""The room that touches the world: the Faust app, /metrics, CRM doors, settings and the command line."""
