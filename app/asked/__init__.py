"""What families ask for themselves, whether by their own pages or through a portal: how it is read, shown and tried."""
