"""Golden cases of audiences over time: rules and events as people write them."""
