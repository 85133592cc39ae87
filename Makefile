# The front door. `make help` lists what there is.
SHELL := /bin/bash
BUILD ?= build
PREFIX ?= /usr/local
CMAKE_ARGS ?=
PYTHON := /usr/bin/python3
JOBS ?= $(shell nproc)

# `make run` installs what is missing before it builds, with -j too.
.NOTPARALLEL:
.PHONY: help deps deps-long deps-bench update build run test test-long coverage mutate bench bench-http bench-memory bench-scale menuconfig lint format fuzz install deb clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

deps: ## packages and sources for building and testing; nothing else installs or fetches
	@cmake/deps.sh build test lint

deps-long: ## these, and what test-long and deb need besides
	@cmake/deps.sh build test lint long

deps-bench: ## the first, and the libraries that bench compares with
	@cmake/deps.sh build test lint bench

update: ## look for a newer Mbed TLS, and llhttp
	@cmake/deps.sh --again build test

build: ## the program build/esp-tls and the libraries build/libesp-tls.{a,so}
	@for tool in cmake ninja; do command -v $$tool >/dev/null || \
		{ echo "esp-tls: $$tool is missing: run 'make deps'" >&2; exit 1; }; done
	@cmake -S . -B $(BUILD) -G Ninja -DESP_TLS_WERROR=ON $(CMAKE_ARGS) --log-level=WARNING
	@cmake --build $(BUILD) -j $(JOBS)

run: deps build ## a verified TLS connection to a server of this machine, or URL=https://... [CACERT=FILE]
	@BUILD=$(BUILD) tools/run-demo.sh $(if $(URL),'$(URL)' $(if $(CACERT),'$(CACERT)'))

test: deps ## every test that takes minutes; the summary is the last line
	@tests/run.sh

test-long: deps-long ## what takes longer: all of torture, soaks, fuzzing
	@tests/run.sh long

mutate: deps ## small faults put in on purpose, SEED=1 COUNT=250: do the tests find them?
	@tests/mutate.py --seed $(or $(SEED),1) --count $(or $(COUNT),250) --jobs $(JOBS)

coverage: deps ## which lines of components/ the tests without servers run
	@tests/coverage.sh

bench: deps-bench build ## speed and memory against Mbed TLS alone and other libraries, into bench/
	@BUILD=$(BUILD) bench/run.sh

bench-http: deps build ## esp_http_client against libcurl: speed, memory, code, into bench/
	@BUILD=$(BUILD) bench/http.py

bench-scale: deps ## a hundred thousand idle connections in one process
	@bench/scale.py --jobs $(JOBS)

bench-memory: deps ## heap, stack and static data of TLS clients on 32 bits
	@bench/memory.sh

menuconfig: deps ## choose settings; they go into sdkconfig
	@$(PYTHON) cmake/kconfig.py menuconfig

lint: deps ## clang-format, cppcheck, gcc's analyzer
	@tests/lint.sh

format: deps ## put our C files into shape
	@git ls-files '*.c' '*.h' | xargs clang-format -i

fuzz: deps ## run each fuzzer for FUZZ_SECONDS (60)
	@tests/fuzz/run.sh

install: build ## library, program, headers, man pages into DESTDIR/PREFIX
	@cmake --install $(BUILD) --prefix $(PREFIX)
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" -eq 0 ]; then ldconfig; fi # for libesp-tls.so

deb: deps-long ## Debian packages, into build-deb
	@cmake/deb-source.sh build-deb
	@cmake/deb-build.sh build-deb

clean: ## remove what was built
	rm -rf build build-*
