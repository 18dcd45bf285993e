"""The spine: what happened, who has to hear of it, and how it gets there."""
