"""Where clock, sockets, disk and processes live: one folder for each way to run Ebbline."""
