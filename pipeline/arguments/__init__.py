"""What each command takes on the command line, and what its help says; each calls its like in `pipeline.commands`."""
