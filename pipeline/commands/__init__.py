"""What each command of `themes` does: load, call the library, print."""
