#!/usr/bin/env python3
"""Makes the mistakes of the patch files in this folder, one at a time, and prints which tests see each.

    tests/mutants/run.py --check            checks only that every patch applies, as CI does
    tests/mutants/run.py --compile          checks only that the library compiles with each, within minutes
    tests/mutants/run.py                    makes all of them that this processor can run
    tests/mutants/run.py --quick bits tail* makes those of these groups and names, with a 32nd of the random values

The last words of a patch's first line name the group of tests that must see it. `GROUPS` says which tests
these are. The tests of a group run once without a mistake first, and must pass. Exit status 1 if a mistake
was not seen, or if a patch does not apply or compile.
"""

import argparse
import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATCHES = ROOT / "tests" / "mutants"

SAMPLERS = [["--lib", "--test", "samplers"]]
UNITS_AND_TESTS = [["--lib"], ["--test", "tests"]]
TESTS = [["--test", "tests"]]
HEAVY = [["--test", "tests"], ["-p", "heavy-tests", "--test", "heavy"]]
# Slow tests that run no SIMD code.
SKIP_SLOW = ["--skip=lane_by_lane", "--skip=products_in_integers"]

# For each group: the backend that is forced, if any; the binaries; and the arguments of the tests. If one list of
# binaries sees a mistake, those that follow, which take longer to build, are not run.
#
# The group `statistics` leaves out the tests that compare bits, because they see every change. The question
# is whether the statistics would see the mistake without them. Fused and reordered operations are the
# opposite: no statistics can see them, so the tests of the bits must.
GROUPS = {
    "bits": ("portable", SAMPLERS, ["value_stability", "the_bits"]),
    "backend": ("portable", UNITS_AND_TESTS, ["backend", "target"]),
    "simd": (None, UNITS_AND_TESTS, ["backend", "elements", *SKIP_SLOW]),
    "avx2": (None, UNITS_AND_TESTS, ["backend", "elements", *SKIP_SLOW]),
    "avx512": (None, UNITS_AND_TESTS, ["backend", "elements", *SKIP_SLOW]),
    "structured": ("portable", HEAVY, ["structured", "originals", "recurrent", "orthogonal"]),
    "plan": ("portable", UNITS_AND_TESTS, ["plan", "network", "activations"]),
    "requests": ("portable", TESTS, ["draw", "errors", "names", "quantize", "ranges"]),
    "threads": ("portable", TESTS, ["threads"]),
    "stats": ("portable", UNITS_AND_TESTS, ["stats", "verify"]),
    "statistics": ("portable", SAMPLERS, ["--skip=value_stability", "--skip=tables", "--skip=the_bits", "--skip=backend"]),
}

# The features of a group, if it needs others than `half`.
FEATURES = {"threads": "weight-init/rayon"}


def group(patch):
    """Returns the group that the first line of a patch names."""
    first = patch.read_text(encoding="utf-8").partition("\n")[0]
    found = re.fullmatch(r".+\. Must be seen by: (\w+)\.", first)
    if not found or found[1] not in GROUPS:
        sys.exit(f"{patch.name}: the first line names no group: {first}")
    return found[1]


def apply(patch, folder, *options):
    """Applies a patch. Context lines may differ, so that a new comment beside the change doesn't matter."""
    command = ["git", "apply", "-C0", *options, str(patch)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def check(patches):
    """Checks that every patch has a group and applies. Returns whether all do."""
    good = True
    for patch in patches:
        group(patch)
        done = apply(patch, ROOT, "--check")
        if done.returncode:
            good = False
            print(f"{patch.name} does not apply:\n{done.stderr}")
    print(f"{len(patches)} patches checked")
    return good


def compile_each(patches):
    """Checks that the library compiles with each patch. Returns whether it does."""
    command = ["cargo", "check", "--quiet", "--lib", "--features", "half,rayon,serde,stages"]
    environment = {**os.environ, "RUSTFLAGS": "--cap-lints=warn"}
    good = True
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        copy(folder)
        for patch in patches:
            done = apply(patch, folder)
            if done.returncode == 0:
                done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
                apply(patch, folder, "--reverse")
            if done.returncode:
                good = False
                print(f"{patch.name} does not apply or compile:\n{done.stderr}", flush=True)
    print(f"{len(patches)} patches compiled")
    return good


def processor_has(name):
    """Returns whether this processor has the instruction set that a group is named after."""
    flags = pathlib.Path("/proc/cpuinfo").read_text() if pathlib.Path("/proc/cpuinfo").exists() else ""
    needed = {"avx2": ["avx2", "bmi1", "popcnt"], "avx512": ["avx512vbmi", "avx512_vbmi2"]}
    return all(re.search(rf"\b{flag}\b", flags) for flag in needed.get(name, []))


def copy(folder):
    """Copies the files that git knows or would know."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0"):
        if name and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def killers(folder, name, targets, quick):
    """Runs a group's tests in some binaries. Returns the tests that fail, and None if the code does not compile."""
    backend, _, filters = GROUPS[name]
    # In release they take hundreds of millions of numbers, which is minutes for every mistake.
    filters = filters if quick else [*filters, "--skip=all_kinds_of_numbers"]
    environment = dict(os.environ)
    flags = [f'--cfg weight_init_backend="{backend}"'] if backend else []
    environment["RUSTFLAGS"] = " ".join(flags + ["--cap-lints=warn"])
    environment["CARGO_TARGET_DIR"] = str(folder / "target" / (backend or "any"))
    features = FEATURES.get(name, "weight-init/half")
    profile = ["--profile", "mutants"] if quick else ["--release"]
    command = ["cargo", "test", *profile, "-p", "weight-init", "--features", features, *targets]
    build = subprocess.run([*command, "--no-run"], cwd=folder, env=environment, capture_output=True, text=True)
    if build.returncode:
        print(build.stderr)
        return None
    command += ["--no-fail-fast", "--", *filters]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    failed = sorted(set(re.findall(r"^test (\S+) .*FAILED$", run.stdout, re.M)))
    # A test may also end the whole process.
    return failed or (["(the process ended)"] if run.returncode else [])


def make(folder, patch, passed, quick):
    """Makes a mistake. Returns the same as `killers`, of the first binaries whose tests see it.

    `passed` has the groups and binaries whose tests have passed without a mistake. They run so before their
    first use.
    """
    name = group(patch)
    for targets in GROUPS[name][1]:
        if (name, *targets) not in passed:
            if (seen := killers(folder, name, targets, quick)) != []:
                sys.exit(f"without a mistake, the group {name} does not pass: {seen}")
            passed.add((name, *targets))
        if (done := apply(patch, folder)).returncode:
            print(f"{patch.name} does not apply:\n{done.stderr}")
            return None
        seen = killers(folder, name, targets, quick)
        apply(patch, folder, "--reverse")
        if seen != []:
            return seen
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="check only that every patch applies")
    parser.add_argument("--compile", action="store_true", help="check only that the library compiles with each")
    parser.add_argument("--quick", action="store_true", help="test with a 32nd of the random values")
    parser.add_argument("names", nargs="*", help="groups, and names of patches with * and ?; all unless given")
    arguments = parser.parse_args()
    patches = sorted(PATCHES.glob("*.patch"))
    if arguments.names:
        patches = [p for p in patches if any(name == group(p) or fnmatch.fnmatch(p.stem, name) for name in arguments.names)]
    if not patches:
        sys.exit("there are no such patches")
    if arguments.check:
        sys.exit(0 if check(patches) else 1)
    if arguments.compile:
        sys.exit(0 if compile_each(patches) else 1)

    survivors, broken, passed = [], [], set()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        copy(folder)
        # Cargo rebuilds the files whose times change. Patches of one backend share a build.
        for patch in sorted(patches, key=lambda patch: (list(GROUPS).index(group(patch)), patch.name)):
            name = group(patch)
            if not processor_has(name):
                print(f"{patch.stem:40} not run: this processor does not have {name}", flush=True)
                continue
            begin = time.monotonic()
            seen = make(folder, patch, passed, arguments.quick)
            if seen is None:
                broken.append(patch.stem)
            elif not seen:
                survivors.append(patch.stem)
            result = "does not apply or compile" if seen is None else " ".join(seen) or "SURVIVED"
            print(f"{patch.stem:40} {time.monotonic() - begin:3.0f} s  {result}", flush=True)
    if broken:
        print(f"{len(broken)} do not apply or compile: {' '.join(broken)}")
    if survivors:
        print(f"{len(survivors)} survived: {' '.join(survivors)}")
    sys.exit(1 if broken or survivors else 0)


if __name__ == "__main__":
    main()
