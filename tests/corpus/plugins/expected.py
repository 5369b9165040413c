"""What the pipeline of plug-ins must give, in plain lists."""


def expected(project):
    words = ["pear", "apple", "fig", "quince", "plum"]
    lengths = [4, 5, 3, 6, 4]
    vowels = [2, 2, 1, 3, 1]
    scaled = {
        "length": [round((3 * value - 4) / 10 + 2, 3) for value in lengths],
        "vowels": [round((3 * value - 2) / 10 + 2, 3) for value in vowels],
    }
    weights = [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]
    whole = sum(scaled["length"]) + sum(scaled["vowels"]) + sum(weights)
    return {
        "read": words,
        "measure": {"length": lengths, "vowels": vowels},
        "scale": scaled,
        "weigh": weights,
        "summary": {"total": round(whole, 6), "picked": "fig"},
    }
