"""Training as it is really done works inside the seal, unchanged, and gives the same bits when it is done again."""

import fcntl
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

BIN = Path(sys.executable).parent

POOLS = """
import multiprocessing, os, random
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import shared_memory

def square(number):
    return number * number

def pool(method):
    with multiprocessing.get_context(method).Pool(2) as workers:
        return workers.map(square, range(20), chunksize=3)

def executor(method):
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as workers:
        return list(workers.map(square, range(20)))

def threads():
    with ThreadPoolExecutor(2) as workers:
        return list(workers.map(square, range(20)))

def put(name, queue, lock):
    block = shared_memory.SharedMemory(name)
    with lock:
        block.buf[0] += 1
    queue.put(os.getpid() > 1)
    block.close()

def shared(method):
    context = multiprocessing.get_context(method)
    block, queue, lock = shared_memory.SharedMemory(create=True, size=1 << 20), context.Queue(), context.Lock()
    workers = [context.Process(target=put, args=(block.name, queue, lock)) for _ in range(3)]
    for worker in workers:
        worker.start()
    told = [queue.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    total = block.buf[0]
    block.close()
    block.unlink()
    return [told, total, os.path.exists("/dev/shm/" + block.name)]

def managed():
    with multiprocessing.Manager() as manager:
        found = manager.dict()
        worker = multiprocessing.Process(target=found.update, args=({"a": 1},))
        worker.start()
        worker.join()
        return dict(found)

def noise(number, queue):
    queue.put([number, random.random()])

def drawn(method):
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    workers = [context.Process(target=noise, args=(number, queue)) for number in range(3)]
    for worker in workers:
        worker.start()
    found = sorted(queue.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join()
    return found

def large():
    path = "/dev/shm/large"
    with open(path, "wb") as stream:
        for _ in range(100):
            stream.write(bytes(1 << 20))
    return os.path.getsize(path)
"""

FORESTS = """
import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score

def data(seed):
    return make_classification(600, 8, random_state=seed)

def forest(seed):
    model = RandomForestClassifier(20, n_jobs=2, random_state=seed).fit(*data(seed))
    return model.predict_proba(data(seed)[0])

def validated(seed):
    model = RandomForestClassifier(10, random_state=seed)
    return cross_val_score(model, *data(seed), cv=4, n_jobs=2)

def searched(seed):
    search = GridSearchCV(RandomForestClassifier(5, random_state=seed), {"max_depth": [2, 4]}, cv=3, n_jobs=2)
    return search.fit(*data(seed)).cv_results_["mean_test_score"]

def summed(rows):
    return float(rows.sum())

def mapped(seed):
    rows = np.random.default_rng(seed).random((200, 20_000))
    return Parallel(n_jobs=2, max_nbytes="1M")(delayed(summed)(rows[start:]) for start in range(4))
"""

NETWORKS = """
import random
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

class Noisy(Dataset):
    def __len__(self):
        return 24

    def __getitem__(self, index):
        return torch.tensor([index, random.random(), np.random.rand(), torch.rand(1).item()], dtype=torch.float64)

def loaded(method, epochs):
    loader = DataLoader(Noisy(), batch_size=3, shuffle=True, num_workers=2, multiprocessing_context=method)
    return [batch.tolist() for _ in range(epochs) for batch in loader]

def forked():
    return loaded("fork", 2)

def spawned():
    return loaded("spawn", 1)

def trained(seed):
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.ReLU(), torch.nn.Dropout(0.1), torch.nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for batch in DataLoader(Noisy(), batch_size=6, num_workers=2):
        loss = (model(batch.float()) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {name: value.numpy() for name, value in model.state_dict().items()}
"""

RANKS = """
import json, os
import torch
import torch.distributed as distributed
from torch.nn.parallel import DistributedDataParallel

def main():
    distributed.init_process_group("gloo")
    rank = distributed.get_rank()
    torch.manual_seed(int(os.environ["RESTRIKE_SEED"]) + rank)
    model = DistributedDataParallel(torch.nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(5):
        loss = (model(torch.randn(8, 4)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    gathered = [None, None]
    distributed.all_gather_object(gathered, [rank, float(torch.randn(1))])
    if rank == 0:
        weights = {name: value.tolist() for name, value in model.module.state_dict().items()}
        with open("model.json", "w") as stream:
            json.dump({"weights": weights, "ranks": gathered}, stream)
    distributed.destroy_process_group()

main()
"""


@pytest.fixture
def trainer(user):
    """Return a function that puts somebody in a project with one module of steps."""

    def settle(environment, module, text, steps, **files):
        them = replace(user, variables={**user.variables, "VIRTUAL_ENV": str(environment)})
        declared = {
            name: {"use": f"{module}:{name.partition('_')[0]}", "timeout": 200, **more} for name, more in steps.items()
        }
        content = {"restrike": 1, "numeric": {"threads": 2}, "steps": declared}
        them.writes({f"{module}.py": text, "restrike.yaml": yaml.safe_dump(content, sort_keys=False), **files})
        them.git("init", "-q")
        return them

    return settle


def made(user, step, run="@last"):
    target = user.project.parent / "made"
    target.unlink(missing_ok=True)
    user.types("get", f"{run}:{step}", "-o", target)
    return target.read_bytes()


def trained_twice(user):
    """Execute everything twice and reproduce it; return the run, in which nothing may have been found."""
    first = user.run()
    assert first["findings"] == []
    again = user.run("--no-reuse")
    assert {step["name"]: step["outputs"] for step in again["steps"]} == {
        step["name"]: step["outputs"] for step in first["steps"]
    }
    assert again["result"] == first["result"]
    assert user.reproduce("@last", "--env", "current")["verdict"] == "identical"
    return first


@pytest.mark.slow
def test_pools_of_processes(trainer, bare_env):
    each = {f"{name}_{method}": {"params": {"method": method}} for method in ("fork", "spawn")
            for name in ("pool", "executor", "shared", "drawn")}  # fmt: skip
    user = trainer(bare_env, "pools", POOLS, {**each, "threads": {}, "managed": {}, "large": {}})
    trained_twice(user)
    squares = str([number * number for number in range(20)]).replace(" ", "").encode()
    for method in ("fork", "spawn"):
        assert made(user, f"pool_{method}") == made(user, f"executor_{method}") == squares
        assert made(user, f"shared_{method}") == b"[[true,true,true],3,false]"
        assert len({drawn for _, drawn in yaml.safe_load(made(user, f"drawn_{method}"))}) == 3
    assert made(user, "threads") == squares
    assert made(user, "managed") == b'{"a":1}'
    assert made(user, "large") == str(100 << 20).encode()


@pytest.mark.slow
def test_scikit_learn_on_two_cores(trainer, ml_env):
    user = trainer(ml_env, "forests", FORESTS, {name: {} for name in ("forest", "validated", "searched", "mapped")})
    trained_twice(user)


@pytest.fixture(scope="session")
def torch_env(request):
    """Return an environment with torch, kept below pytest's cache: it is large, and made once."""
    folder = request.config.cache.mkdir("torch-2.13.0") / "env"
    with open(folder.with_name("lock"), "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        if not folder.with_name("ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([BIN / "uv", "venv", "-q", "--seed", "--python", sys.executable, folder], check=True)
            command = [folder / "bin" / "python", "-m", "pip", "install", "-q", "torch==2.13.0", "numpy"]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"torch cannot be installed: {done.stderr.strip().splitlines()[-1]}")
            folder.with_name("ready").touch()
    return folder


@pytest.mark.long
@pytest.mark.timeout(900)
def test_torch_with_workers_that_load(trainer, torch_env):
    user = trainer(torch_env, "networks", NETWORKS, {"forked": {}, "spawned": {}, "trained": {}})
    trained_twice(user)
    for step, epochs in (("forked", 2), ("spawned", 1)):
        rows = [row for batch in yaml.safe_load(made(user, step)) for row in batch]
        assert len(rows) == 24 * epochs
        assert sorted(row[0] for row in rows[:24]) == list(range(24)) != [row[0] for row in rows[:24]]
        for column in (1, 2, 3):
            assert len({row[column] for row in rows}) == 24 * epochs, "every worker draws numbers of its own"
    other = user.run("--set", "seed=1")
    assert not {step["outputs"]["output"]["digest"] for step in other["steps"]} & {
        step["outputs"]["output"]["digest"] for step in user.run()["steps"]
    }


@pytest.mark.long
@pytest.mark.timeout(900)
def test_torchrun_with_two_processes(trainer, torch_env):
    user = trainer(torch_env, "ranks", RANKS, {})
    command = ["torchrun", "--standalone", "--nproc-per-node", "2", "ranks.py"]
    content = {
        "restrike": 1,
        "numeric": {"threads": 1},
        "steps": {"fit": {"run": command, "outputs": {"model": "model.json"}}},
    }
    user.writes({"restrike.yaml": yaml.safe_dump(content)})
    trained_twice(user)
    model = yaml.safe_load(made(user, "fit.model"))
    assert sorted(rank for rank, _ in model["ranks"]) == [0, 1]
    assert model["ranks"][0][1] != model["ranks"][1][1]
