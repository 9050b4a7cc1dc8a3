"""One file a command. Each is imported only when it is asked for, so that ``gridpact --help`` answers at once."""
