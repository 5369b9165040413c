import builtins

builtins.STARTED = True
