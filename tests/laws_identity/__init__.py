"""What holds of identity whatever happens."""
