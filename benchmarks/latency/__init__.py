"""From an event's sending to the commit of what it changes, in a whole running system."""
