"""What the commands must give, worked out by hand."""


def expected(project):
    lines = sorted(set((project / "data" / "log.txt").read_text().splitlines()))
    return {
        "called": "error",
        "pooled": [sum(len(word) + 1 for word in line.split()) for line in lines],
        "counted.counts": '{"error": 2, "info": 2}',
        "module.size": "13 characters\n",
    }
