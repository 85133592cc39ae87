# The front door. `make help` lists what there is.
SHELL := /bin/bash
BUILD ?= build
PREFIX ?= /usr/local
CMAKE_ARGS ?=
PYTHON := /usr/bin/python3
JOBS ?= $(shell nproc)
packages = @cmake/install-packages.sh

.PHONY: help deps build run test test-long coverage mutate bench bench-http bench-memory menuconfig lint format fuzz install clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

deps: ## packages and sources that building and testing need; looks for a newer Mbed TLS
	$(packages) build test
	@cmake/mbedtls-source.sh --again >/dev/null
	@cmake/fetch-source.sh --again cmocka - >/dev/null

build: ## the program build/esp-tls and the libraries build/libesp-tls.{a,so}
	$(packages) build test
	@cmake -S . -B $(BUILD) -G Ninja -DESP_TLS_WERROR=ON $(CMAKE_ARGS) --log-level=WARNING
	@cmake --build $(BUILD) -j $(JOBS)

run: build ## a verified TLS connection to a server of this machine, or URL=https://...
	$(packages) demo
	@BUILD=$(BUILD) tools/run-demo.sh $(if $(URL),'$(URL)')

test: ## every test that takes minutes; the summary is the last line
	$(packages) build test lint
	@tests/run.sh

test-long: ## what takes longer: all of torture, soaks, fuzzing
	$(packages) build test lint bench fuzz
	@tests/run.sh long

mutate: ## small faults put in on purpose, SEED=1 COUNT=250: do the tests find them?
	$(packages) build test
	@tests/mutate.py --seed $(or $(SEED),1) --count $(or $(COUNT),250) --jobs $(JOBS)

coverage: ## which lines of components/ the tests without servers run
	$(packages) build test
	@tests/coverage.sh

bench: build ## speed and memory against Mbed TLS alone, into bench/
	$(packages) bench
	@BUILD=$(BUILD) bench/run.sh

bench-http: build ## esp_http_client against libcurl: speed, memory, code, into bench/
	$(packages) bench
	@BUILD=$(BUILD) bench/http.py

bench-memory: ## heap, stack and static data of TLS clients on 32 bits
	$(packages) build bench
	@bench/memory.sh

menuconfig: ## choose settings; they go into sdkconfig
	$(packages) build
	@$(PYTHON) cmake/kconfig.py menuconfig

lint: ## clang-format, cppcheck, gcc's analyzer
	$(packages) build test lint
	@tests/lint.sh

format: ## put our C files into shape
	$(packages) lint
	@git ls-files '*.c' '*.h' | xargs clang-format -i

fuzz: ## run each fuzzer for FUZZ_SECONDS (60)
	$(packages) build fuzz test
	@tests/fuzz/run.sh

install: build ## library, program, headers, man pages into DESTDIR/PREFIX
	@cmake --install $(BUILD) --prefix $(PREFIX)

clean: ## remove what was built
	rm -rf build build-*
