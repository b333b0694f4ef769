"""What an event is: wire formats in, one frozen `Event` or a `Rejection` out."""
