"""Random programs, edited at random: what the cache gives is what an execution without it gives, always."""

import difflib
import os
import random
import time

import judging
import program_edits
import programs
import pytest

REPEAT = "RESTRIKE_SEED={seed} python -m pytest tests/flow/cache/test_random_edits.py -q -m '' -k one_seed"


class Desk:
    """Two copies of one project: one keeps what it made, the other executes everything, every time."""

    def __init__(self, folder, variables):
        self.kept = judging.Place(folder / "kept", variables)
        self.full = judging.Place(folder / "full", variables)

    def runs(self, program):
        """Run a program in both places."""
        for place in (self.kept, self.full):
            place.project.mkdir(parents=True, exist_ok=True)
            programs.write(program, place.project)
        return self.kept.run(reuse=True), self.full.run(reuse=False)


def differences(cached, full):
    """Return the steps that came out otherwise with the cache."""
    return [step for step in full.outcomes if cached.outcomes[step] != full.outcomes[step]]


class Session:
    """One seed: a program and the edits that it goes through, sometimes back to what it was before."""

    def __init__(self, seed, folder, variables):
        self.seed, self.folder, self.variables = seed, folder, variables
        self.chance = random.Random(seed)
        self.history = [("new", program_edits.program(self.chance))]
        self.desk = Desk(folder / "desk", variables)
        self.executed = self.decided = self.failed = 0
        self._run()

    def edit(self):
        """Make one edit and hold the cache to it."""
        if len(self.history) > 2 and self.chance.random() < 0.15:
            edit = "back", self.chance.choice(self.history[:-1])[1]
        else:
            edit = program_edits.Editor(self.chance).edit(self.history[-1][1])
        self.history.append(edit)
        self._run()

    def edits(self, count):
        for _ in range(count):
            self.edit()

    def _run(self):
        name, program = self.history[-1]
        cached, full = self.desk.runs(program)
        if wrong := differences(cached, full):
            pytest.fail(self._report(wrong), pytrace=False)
        states = list(cached.states.values())
        self.executed += states.count("executed")
        self.failed += states.count("failed")
        self.decided += len(states)
        if name in program_edits.QUIET and not program_edits.reads_source(program):
            assert "executed" not in states, f"seed {self.seed}: nothing but {name} changed, and {cached.states}"

    def _report(self, wrong):
        before, edit = self._smallest()
        return (
            f"STALE: {', '.join(wrong)} after '{self.history[-1][0]}'\n"
            f"repeat it: {REPEAT.format(seed=self.seed)}\n{before}\n{edit}"
        )

    def _smallest(self):
        """Return the shortest history that is enough for it, the latest first, and the edit as a patch."""
        last = self.history[-1][1]
        for index in reversed(range(len(self.history) - 1)):
            name, earlier = self.history[index]
            desk = Desk(self.folder / f"smaller-{index}", self.variables)
            desk.runs(earlier)
            if differences(*desk.runs(last)):
                return f"enough: the program after edit {index} ('{name}'), then this", patch(earlier, last)
        return "only with all of its history", patch(self.history[-2][1], last)


def patch(before, after):
    """Return what changed between two programs, as `diff -u` tells it."""
    old, new = before.files(), after.files()
    lines = []
    for name in sorted({*old, *new}):
        texts = [files.get(name, "").splitlines(keepends=True) for files in (old, new)]
        lines += difflib.unified_diff(*texts, f"a/{name}", f"b/{name}")
    return "".join(lines)


def sessions(seeds, folder, variables, seconds, least=0, length=8):
    """Edit one program after the other until the time is up, and `least` edits are made; return what was decided."""
    until = time.monotonic() + seconds
    done = []
    for seed in seeds:
        done.append(Session(seed, folder / str(seed), variables))
        for _ in range(length):
            if time.monotonic() > until and edited(done) >= least:
                return done
            done[-1].edit()
    return done


def edited(done):
    """Return how many edits were made."""
    return sum(len(session.history) - 1 for session in done)


def told(done):
    """Return one line on what was tried."""
    decided, executed = sum(session.decided for session in done), sum(session.executed for session in done)
    failed = sum(session.failed for session in done)
    seeds = f"{done[0].seed} to {done[-1].seed}"
    return f"seeds {seeds}: {edited(done)} edits, {decided} decisions, {executed} executed, {failed} failed, stale = 0"


def test_the_cache_gives_what_no_cache_gives(tmp_path, variables, capsys):
    done = sessions(range(1, 100), tmp_path, variables, seconds=20, least=12)
    with capsys.disabled():
        print(f"\n{told(done)}")
    assert sum(session.failed for session in done) < sum(session.decided for session in done) / 4


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_cache_gives_what_no_cache_gives_for_minutes(tmp_path, variables, capsys):
    first = int(os.environ.get("RESTRIKE_FIRST_SEED", 1000))  # another one, other programs
    done = sessions(range(first, first + 10_000), tmp_path, variables, seconds=150)
    with capsys.disabled():
        print(f"\n{told(done)}")


@pytest.mark.skipif("RESTRIKE_SEED" not in os.environ, reason="repeats the seed in RESTRIKE_SEED")
def test_one_seed(tmp_path, variables):
    sessions([int(os.environ["RESTRIKE_SEED"])], tmp_path, variables, seconds=600, length=30)
