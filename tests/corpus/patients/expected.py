"""How many are diabetic in each group, counted by hand from the file."""


def expected(project):
    rows = [line.split(",") for line in (project / "data" / "patients.csv").read_text().split()]
    groups = {"(0, 30]": 0, "(30, 40]": 0, "(40, 50]": 0, "(50, 200]": 0}
    for row in rows:
        age = int(row[7])
        group = next(name for name in groups if age <= int(name.split(", ")[1][:-1]))
        groups[group] += int(row[8])
    return {"groups": groups}
