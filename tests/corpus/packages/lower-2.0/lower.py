def base(x):
    return 20 * x
