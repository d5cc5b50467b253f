# The dev loop. Every target is one script; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help run build test unit python system check format asan tsan bench fuzz slow chaos clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

run: ## set up, build when needed and serve the example application on 127.0.0.1:3000 (ARGS="--port 8080")
	@exec scripts/run $(ARGS)

build: ## set up and build everything in build/
	@scripts/setup && scripts/build

test: ## set up, build and run every test
	@scripts/test

unit: ## only the C++ unit tests
	@scripts/test unit $(ARGS)

python: ## only the Python framework's tests (ARGS="-k router")
	@scripts/test python $(ARGS)

system: ## only the tests of the real binaries (ARGS="-k reload")
	@scripts/test system $(ARGS)

check: ## formatting, clang-tidy, ruff, mypy and shellcheck; changes nothing
	@scripts/check

format: ## rewrite the sources in the project's format
	@scripts/format

asan: ## unit and system tests under AddressSanitizer and UBSan, in build-asan/
	@scripts/sanitize address $(ARGS)

tsan: ## unit and system tests under ThreadSanitizer, in build-tsan/
	@scripts/sanitize thread $(ARGS)

bench: ## measure against other servers, with ratios and targets (ARGS="--quick")
	@scripts/bench $(ARGS)

fuzz: ## fuzz the parsers for 30 s each with clang's libFuzzer (ARGS=300 for longer)
	@scripts/fuzz $(ARGS)

slow: ## attack a gateway with slowhttptest in its four modes; it must stay available
	@scripts/slow $(ARGS)

chaos: ## every fault test, the long ones too; ends with a table of what was lost (ARGS="-k worker")
	@scripts/test system -m chaos $(ARGS)

clean: ## remove builds, the venv and caches
	@scripts/clean
