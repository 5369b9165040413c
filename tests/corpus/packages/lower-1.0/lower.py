def base(x):
    return 10 * x
