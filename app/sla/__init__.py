"""Service levels: policies with their targets, working calendars, and the arithmetic of the clocks."""
