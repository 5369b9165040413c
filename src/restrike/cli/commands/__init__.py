"""The commands, one file a command or family; each calls one function of `restrike.api`."""
