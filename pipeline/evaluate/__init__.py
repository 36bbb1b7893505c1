"""Agreement of the machine with hand-coded gold, and of the coders with each other."""
