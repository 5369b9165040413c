"""How good it is."""


def share(flags):
    flags = list(flags)
    return sum(flags) / len(flags) if flags else 0.0


def judge(predicted):
    spam = [row for row in predicted if row["truth"] == "spam"]
    return {
        "accuracy": share(row["truth"] == row["label"] for row in predicted),
        "recall": share(row["label"] == "spam" for row in spam),
    }
