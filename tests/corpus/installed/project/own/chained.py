def chained(x):
    import upper

    return upper.value(x)
