try:
    from fast import total as fast_total
except ImportError:
    fast_total = None


def total(numbers):
    return fast_total(numbers) if fast_total else sum(numbers)
