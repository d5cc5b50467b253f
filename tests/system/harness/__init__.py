"""How the system tests start the real binaries, talk to them, and check what they leave behind."""
