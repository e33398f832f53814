"""`algo-service notify`: tells people by mail, chat or a webhook what happens."""
