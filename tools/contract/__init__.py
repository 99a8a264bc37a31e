"""The event contract as files: JSON Schemas, examples and the AsyncAPI document, all made from the types."""
