"""What can be done with webhooks, split by verb."""
