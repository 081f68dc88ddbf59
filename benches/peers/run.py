"""Compares fills of weight-init with those of NumPy, PyTorch, JAX, Intel MKL and rand_distr.

Writes one record as JSON and as Markdown. README.md describes what is measured and how.
"""

import argparse
import contextlib
import datetime
import json
import math
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tomllib
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Number of values in a check. Its limits are at least five standard errors, and threads share the fill.
CHECKED = 65_536
CPU_FIELDS = (
    "vendor_id",
    "model name",
    "cpu family",
    "model",
    "stepping",
    "CPU implementer",
    "CPU part",
)
# Idle threads must not spin, because another worker uses the processor meanwhile.
ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "",
    "JAX_PLATFORMS": "cpu",
    "KMP_BLOCKTIME": "0",
    "OMP_WAIT_POLICY": "PASSIVE",
}
THREADS_VARIABLES = "MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"
ONE_XLA_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


class System(NamedTuple):
    """A row of a table."""

    worker: str
    name: str  # in requests to its worker
    label: str
    distributions: tuple[str, ...]  # the tables that contain the row
    std: float = 1.0  # expected, in units of He's
    kurtosis: float | None = None  # expected, or None if the values are not random

    def takes(self, size):
        """Whether the system can fill this many values. Matrices are square."""
        return self.distributions != ("orthogonal",) or math.isqrt(size) ** 2 == size


def normal(worker, name, label, std=1.0, kurtosis=3.0):
    return System(worker, name, label, ("normal",), std, kurtosis)


def truncated(worker, name, label, std=1.0):
    return System(worker, name, label, ("truncated",), std, kurtosis=2.366)


def in_slots(name, label):
    return System("rust", name, label, ("slots",), kurtosis=3.0)


def uniform(worker, name, label):
    return System(worker, name, label, ("uniform",), kurtosis=1.8)


def orthogonal(worker, name, label):
    # Each entry of an n × n matrix has a variance of 1 / n.
    std = CHECKED**-0.25 / math.sqrt(2 / CHECKED)
    return System(worker, name, label, ("orthogonal",), std, kurtosis=2.977)


DISTRIBUTIONS = "normal", "truncated", "uniform"
TABLES = *DISTRIBUTIONS, "slots", "orthogonal"
MEMSET = System("rust", "memset", "memset", DISTRIBUTIONS)
# Truncated at 2 standard deviations. JAX then scales up to the requested variance, PyTorch doesn't.
PEERS = [
    normal("rust", "rand_distr-normal", "rand_distr StandardNormal × std, xoshiro256++"),
    normal("mkl", "gaussian-ars5", "MKL vsRngGaussian, ARS5, ICDF"),
    normal("mkl", "gaussian-sfmt19937", "MKL vsRngGaussian, SFMT19937, ICDF"),
    normal("numpy", "normal-sfc64", "NumPy standard_normal × std, SFC64"),
    normal("numpy", "normal-pcg64", "NumPy standard_normal × std, PCG64 (default_rng)"),
    normal("torch", "kaiming_normal", "PyTorch kaiming_normal_"),
    truncated("torch", "trunc_normal", "PyTorch trunc_normal_ (±2 σ)", std=0.8796),
    truncated("jax", "he_normal", "JAX he_normal, jitted (±2 σ)"),
    uniform("rust", "rand_distr-uniform", "rand_distr Uniform, xoshiro256++"),
    uniform("mkl", "uniform-ars5", "MKL vsRngUniform, ARS5"),
    uniform("numpy", "uniform-sfc64", "NumPy random × 2b − b, SFC64"),
    uniform("numpy", "uniform-pcg64", "NumPy random × 2b − b, PCG64 (default_rng)"),
    uniform("torch", "kaiming_uniform", "PyTorch kaiming_uniform_"),
    uniform("jax", "he_uniform", "JAX he_uniform, jitted"),
    System("mkl", "call", "(the call in each of MKL's figures)", ("normal", "uniform")),
    orthogonal("torch", "orthogonal", "PyTorch orthogonal_"),
    orthogonal("jax", "orthogonal", "JAX orthogonal, jitted"),
]


def ours(backends, detected, threads):
    """Yields one row for each backend on one thread, or one for all threads together."""
    fills = {backend: backend for backend in backends}
    if threads > 1:
        fills = {"parallel": f"par_fill ({detected})"}
    for name, label in fills.items():
        f32 = normal("rust", f"ours-normal-{name}", f"weight-init he_normal, {label}")
        # Also in the table of other formats, for comparison.
        yield f32._replace(distributions=("normal", "slots"))
        yield truncated(
            "rust", f"ours-truncated-{name}", f"weight-init he_truncated_normal, {label}"
        )
        yield uniform("rust", f"ours-uniform-{name}", f"weight-init he_uniform, {label}")
        # These have no parallel version.
        if name != "parallel":
            for slot in "bf16", "i8":
                yield in_slots(f"ours-{slot}-{name}-slots", f"weight-init normal as {slot}, {label}")
            yield orthogonal(
                "rust", f"ours-orthogonal-{name}", f"weight-init orthogonal, {label}, one thread"
            )


class Failed(Exception):
    """The reason why a system is reported as missing."""


class Worker:
    """A process that stays warm and computes only during a request."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        line = self.process.stdout.readline()
        self.greeting = json.loads(line) if line else {"error": "did not start"}

    def ask(self, *words):
        """Returns the numbers in the answer to a request."""
        if "error" in self.greeting:
            raise Failed(self.greeting["error"])
        try:
            print(*words, file=self.process.stdin)
            line = self.process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            raise Failed("worker died")
        if line.startswith("error"):
            raise Failed(line.removeprefix("error").strip())
        return [float(word) for word in line.split()]

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.wait()


def check(worker, system):
    """Raises Failed unless a system fills with the distribution that its row names."""
    if system.kurtosis is None:
        return
    mean, std, kurtosis = worker.ask("check", system.name, CHECKED)
    expected = system.std * math.sqrt(2 / CHECKED)
    off = abs(mean / expected), abs(std / expected - 1), abs(kurtosis - system.kurtosis)
    if max(off[0], off[1]) > 0.02 or off[2] > 0.12:
        raise Failed("wrong distribution")


def cores():
    """Returns one logical processor of each core that this process may use."""
    seen = {}
    for cpu in sorted(os.sched_getaffinity(0)):
        siblings = pathlib.Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        seen.setdefault(siblings.read_text() if siblings.exists() else cpu, cpu)
    return sorted(seen.values())


def measure(threads, args, commands):
    """Measures all systems in turn. Returns results, missing systems, and the workers' greetings."""
    environment = os.environ | ENVIRONMENT | dict.fromkeys(THREADS_VARIABLES, str(threads))
    environment["XLA_FLAGS"] = ONE_XLA_THREAD if threads == 1 else ""
    allowed = os.sched_getaffinity(0)
    # The workers inherit this. The last cores are used, because the first tends to serve interrupts.
    os.sched_setaffinity(0, cores()[-threads:])
    workers = {name: Worker(command, environment) for name, command in commands.items()}
    greetings = {name: worker.greeting for name, worker in workers.items()}
    try:
        rust = greetings["rust"]
        systems = [MEMSET, *ours(rust["backends"], rust["detected"], threads), *PEERS]
        missing = {}
        for system in systems:
            try:
                check(workers[system.worker], system)
            except Failed as reason:
                missing[system] = str(reason)
        times = {}
        for size in args.sizes:
            for round_ in range(args.rounds):
                progress = f"threads {threads}, size {size}, round {round_ + 1} of {args.rounds}"
                print(progress, file=sys.stderr)
                for system in systems:
                    if system in missing or not system.takes(size):
                        continue
                    try:
                        [ns] = workers[system.worker].ask("time", system.name, size, args.seconds)
                        times.setdefault((system, size), []).append(ns)
                    except Failed as reason:
                        missing[system] = str(reason)
    finally:
        for worker in workers.values():
            worker.close()
        os.sched_setaffinity(0, allowed)
    return results(threads, times), absent(threads, missing), greetings


def results(threads, times):
    """Returns a row of the record for each system and size, with its ratios."""
    medians = {key: statistics.median(rounds) for key, rounds in times.items()}

    def fastest(distribution, size):
        candidates = [
            ns
            for (system, at), ns in medians.items()
            if at == size
            and distribution in system.distributions
            and system.name.startswith("ours-")
        ]
        return min(candidates, default=None)

    def ratio(ns, other):
        return round(ns / other, 4) if other else None

    rows = []
    for (system, size), rounds in times.items():
        ns = medians[system, size]
        for distribution in system.distributions:
            rows.append(
                {
                    "threads": threads,
                    "distribution": distribution,
                    "system": system.label,
                    "size": size,
                    "ns_median": round(ns, 5),
                    "ns_best": round(min(rounds), 5),
                    "ratio_to_ours": ratio(ns, fastest(distribution, size)),
                    "ratio_to_memset": ratio(ns, medians.get((MEMSET, size))),
                    "ns_rounds": [round(each, 5) for each in rounds],
                }
            )
    return rows


def absent(threads, missing):
    return [
        {
            "threads": threads,
            "distribution": distribution,
            "system": system.label,
            "reason": reason,
        }
        for system, reason in missing.items()
        for distribution in system.distributions
    ]


def output(*command):
    """Returns the output of a command, or an empty string if it fails."""
    try:
        return subprocess.run(
            command, cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def cpu():
    """Returns the fields that describe the processor, from its first core."""
    first = pathlib.Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    fields = dict(re.findall(r"^(.+?)\s*: *(.*)$", first, re.MULTILINE))
    return {name: fields[name] for name in CPU_FIELDS if name in fields}


def versions(greetings):
    lock = tomllib.loads((HERE / "worker" / "Cargo.lock").read_text())
    crates = {package["name"]: package["version"] for package in lock["package"]}
    wanted = "weight-init", "rand_distr", "rand_xoshiro", "rayon"
    found = {name: crates[name] for name in wanted}
    commit = output("git", "rev-parse", "--short", "HEAD")
    if commit:
        found["commit"] = commit + (" with changes" if output("git", "status", "--short") else "")
    found["rustc"] = output("rustc", "--version").removeprefix("rustc ")
    for greeting in greetings.values():
        found |= greeting.get("versions", {})
    return found


def markdown(record):
    cpu_text = ", ".join(f"{name} {value}" for name, value in record["cpu"].items())
    versions_text = ", ".join(f"{name} {value}" for name, value in record["versions"].items())
    text = f"""# Fills compared with other libraries, {record["date"]}

Nanoseconds per value, as the median of {record["rounds"]} rounds, by number of values. In brackets is the
ratio to the fastest row of weight-init: at 2.00 ×, a system takes twice as long. The file
`benches/peers/README.md` describes what is measured and how. Compare within one table only.

- Processor: {cpu_text}.
- Versions: {versions_text}.
- Transparent huge pages: {record["huge_pages"]}. Load before: {record["load"]:.2f}.
"""
    for threads in record["threads"]:
        for distribution in TABLES:
            text += table(record, threads, distribution)
    return text


def table(record, threads, distribution):
    def rows_of(part):
        for row in record[part]:
            if (row["threads"], row["distribution"]) == (threads, distribution):
                yield row

    measured = {row["size"] for row in rows_of("results")}
    sizes = [size for size in record["sizes"] if size in measured]
    cells, fastest = {}, {}
    for row in rows_of("results"):
        cells.setdefault(row["system"], {})[row["size"]] = cell(row)
        if row["ratio_to_ours"] == 1 and row["ratio_to_memset"]:
            fastest[row["size"]] = f"{row['ratio_to_memset']:.1f} ×"
    for row in rows_of("missing"):
        cells.setdefault(row["system"], {})["missing"] = f"missing: {row['reason']}"
    if fastest:
        cells["fastest weight-init ÷ memset"] = fastest

    lines = [
        f"## {distribution.capitalize()}, {threads} thread{'s' * (threads > 1)}",
        "",
        "| system | " + " | ".join(f"{size:,}" for size in sizes) + " |",
        "| --- |" + " ---: |" * len(sizes),
    ]
    for system, figures in cells.items():
        row = [figures.get(size, figures.get("missing", "")) for size in sizes]
        lines.append(f"| {system} | " + " | ".join(row) + " |")
    return "\n" + "\n".join(lines) + "\n"


def cell(row):
    ns, ratio = row["ns_median"], row["ratio_to_ours"]
    # About three significant digits.
    text = f"{ns:.{3 if ns < 1 else 2 if ns < 10 else 1 if ns < 100 else 0}f}"
    return text if ratio is None else f"{text} ({ratio:.2f} ×)"


def write(record, directory):
    model = record["cpu"].get("model name", "cpu")
    numbers = (record["cpu"].get(name, "") for name in ("cpu family", "model"))
    text = " ".join([re.sub(r"\((R|TM)\)|@.*", "", model), *numbers])
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{record['date']}-{slug}.json"
    # One line per result.
    rows = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in record["results"])
    frame = json.dumps(record | {"results": []}, indent=2, ensure_ascii=False)
    path.write_text(frame.replace('"results": []', f'"results": [\n{rows}\n  ]') + "\n")
    path.with_suffix(".md").write_text(markdown(record))
    print(path.with_suffix(".md"))


def python_of(venv):
    """Returns the Python of the venv, and makes the venv if there is none."""
    if not venv.exists():
        print("installing the Python systems, which takes minutes and gigabytes", file=sys.stderr)
        try:
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
            pip = [venv / "bin" / "python", "-m", "pip", "install", "--quiet", "-r"]
            subprocess.run([*pip, HERE / "requirements.txt"], check=True)
        except BaseException:
            shutil.rmtree(venv, ignore_errors=True)
            raise
    return venv / "bin" / "python"


def build():
    """Builds the Rust worker for the baseline of the architecture."""
    target = ROOT / "target" / "peers"
    environment = {k: v for k, v in os.environ.items() if "RUSTFLAGS" not in k}
    manifest = HERE / "worker" / "Cargo.toml"
    command = "cargo", "build", "--release", "--manifest-path", manifest
    subprocess.run([*command, "--target-dir", target], check=True, env=environment)
    return target / "release" / "peers-worker"


def numbers(text):
    values = [int(word) for word in text.split(",")]
    if min(values) < 1:
        raise ValueError
    return values


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=pathlib.Path, default=ROOT / "target" / "peers-venv")
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--sizes", type=numbers, default=[64, 1000, 4096, 2**18, 2**20, 2**24])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.05, help="minimum of one batch")
    parser.add_argument("--out", type=pathlib.Path, help="directory for the record (benches/records)")
    parser.add_argument("--smoke", action="store_true", help="only check that all systems run; figures are meaningless")
    args = parser.parse_args()
    if args.smoke:
        args.threads, args.sizes, args.rounds, args.seconds = [1], [1000, 4096], 1, 0.005
    if args.rounds < 1:
        parser.error("there must be at least one round")
    if max(args.threads) > len(cores()):
        parser.error(f"this machine has {len(cores())} cores")

    python = python_of(args.venv)
    names = "numpy", "torch", "jax", "mkl"
    worker = build()
    huge_pages = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")
    record = {
        "date": datetime.date.today().isoformat(),
        "cpu": cpu(),
        "huge_pages": re.search(r"\[(\w+)\]", huge_pages.read_text())[1]
        if huge_pages.exists()
        else "none",
        "load": os.getloadavg()[0],
        "versions": {},
        "threads": args.threads,
        "sizes": args.sizes,
        "rounds": args.rounds,
        "seconds": args.seconds,
        "missing": [],
        "results": [],
    }
    for threads in args.threads:
        commands = {"rust": [worker, str(threads)]} | {
            name: [python, HERE / "worker.py", name, str(threads)] for name in names
        }
        rows, missing, greetings = measure(threads, args, commands)
        record["results"] += rows
        record["missing"] += missing
        record["versions"] |= versions(greetings)
    out = ROOT / "target" / "peers-smoke" if args.smoke else ROOT / "benches" / "records"
    write(record, args.out or out)


if __name__ == "__main__":
    main()
