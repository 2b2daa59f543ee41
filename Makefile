# Thin: every target is a script or a preset one could run by hand. `make test` does all the set-up by itself.
.PHONY: all setup build demo test asan tsan mutants coverage soak fuzz fuzz-afl fuzz-coverage abi e2e bench bench-cached bench-micro docs format tidy valgrind install clean

all: build

setup:
	@scripts/setup.sh

build: setup
	@cmake --preset dev >/dev/null && cmake --build --preset dev

# The main job, shown against the stub server: no cluster, no Go.
demo: setup
	@scripts/demo.sh

# The suites with gcc, and again under the address, undefined and leak sanitizers.
test: setup
	@scripts/test.sh dev asan

asan tsan: setup
	@scripts/test.sh $@

# Everything that is too long for CI, with a record of it: 20,000 writers killed, every allocation of a process, the
# suites in which threads meet fifty times, each fuzzer for a minute.
soak: setup
	@scripts/soak.sh

# Deliberate faults, one at a time; the suites have to notice each.
mutants: setup
	@scripts/mutants.sh

# Lines and branches the suites reach; each that is not reached needs its reason, in every module.
coverage: setup
	@scripts/coverage.sh

fuzz: setup
	@scripts/fuzz.sh

# The same fuzzers under another engine; needs afl++.
fuzz-afl: setup
	@scripts/fuzz-afl.sh

# What the fuzzers reach of everything that reads what others wrote.
fuzz-coverage: setup
	@scripts/fuzz-coverage.sh

# The binary interface beside the last release's, or COMMIT's; needs abigail-tools.
abi: setup
	@scripts/check-abi.sh $(COMMIT)

# Against a real kube-apiserver, which is built once (needs Go) or taken from KUBEBUILDER_ASSETS.
e2e: build
	@tests/e2e/run.sh build

valgrind: build
	@scripts/valgrind.sh

bench: setup
	@scripts/bench.sh

# Cached discovery beside client-go, against a real kube-apiserver; needs Go.
bench-cached: setup
	@scripts/bench-cached.sh

# Instructions of small pieces of work, beside the table the repository keeps.
bench-micro: setup
	@scripts/bench-micro.sh

# The API documentation, into docs/html; needs doxygen.
docs:
	@doxygen docs/Doxyfile

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

tidy: build
	@scripts/tidy.sh

clean:
	@rm -rf build build-*
