"""The queue's and the clock's door: tasks open units and call rooms."""
