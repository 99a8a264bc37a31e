"""What writes checked-in files from the code; nothing here runs in production."""
