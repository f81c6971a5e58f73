# SPDX-License-Identifier: EUPL-1.2
# The commands people type. The work is done by CMake (CMakePresets.json) and the scripts in tools/.

.PHONY: build run check bench fmt lint fuzz coverage wasm web screenshots install clean help
.DEFAULT_GOAL := build

build: ## build the programs and, where npm is, the browser client into build/
	@tools/setup --missing build
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release
	@tools/web || [ $$? = 69 ]

run: ## install what is missing, build, and start a server on loopback
	@tools/run $(LISTEN)

check: ## install what the tests need, build, run every test
	@tools/check

bench: ## the benchmarks, one JSON object a line
	@tools/bench

fmt: ## lay out the code as .clang-format says
	@tools/fmt

lint: ## every static check over the whole tree
	@tools/setup build check
	@tools/lint

fuzz: ## fuzz each decoder for TIME seconds (60)
	@tools/setup build check
	@tools/fuzz $(or $(TIME),60)

coverage: ## lines that the unit tests reach, by folder
	@tools/setup build check
	@tools/coverage

wasm: ## the libraries and build/wasm/mls-vectors for WebAssembly
	@tools/setup build wasm
	@tools/wasm

web: ## the browser client into build/web
	@tools/setup wasm web
	@tools/web

screenshots: build ## pictures of the browser client in build/screenshots
	@tools/setup browser
	@node tests/web/screenshots.mjs build/screenshots

install: build ## install the programs, the browser client and a unit for systemd (DESTDIR=, PREFIX=/usr/local)
	@cmake --install build --prefix $(or $(PREFIX),/usr/local)

clean: ## remove what was built; the data of `make run` in build/run stays
	@if [ -d build ]; then find build -mindepth 1 -maxdepth 1 ! -name run -exec rm -rf {} +; fi

help: ## this list
	@awk -F ' ?## ' '/^[a-z]+:.*## / { sub(/:.*/, "", $$1); printf "make %-9s %s\n", $$1, $$2 }' Makefile
