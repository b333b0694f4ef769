"""`ebbline demo`: a simulated shop, a whole system and a Braze sandbox, shown as they live."""
