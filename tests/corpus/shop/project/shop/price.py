"""What customers pay."""

from shop.decorators import rounded
from shop.model import Bulk
from shop.rates import handling, rate_of


@rounded(2)
def gross(amount, limit):
    net = amount.net - amount.rebate(limit)
    return Bulk(net, amount.country).taxed(rate_of(amount.country)) + handling(amount.net)


def price(rows, rebate_from):
    """Return the orders with what is paid for each."""
    priced = []
    for row in rows:
        amount = Bulk(row["amount"], row["country"])
        priced.append({**row, "gross": gross(amount, rebate_from)})
    return priced
