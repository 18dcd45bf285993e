"""The heart: tickets, their conversation, their clocks, and every verb that changes them."""
