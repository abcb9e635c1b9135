# What can be done here; `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help build test quick full check docs format bench demo fuzz package install

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 18

build: ## the package and its tests
	swift build --build-tests

test: ## all that continuous integration runs (40 to 80 minutes)
	scripts/test

quick: ## checks, unit tests and the essential rows (under 90 s after a build)
	scripts/test --quick

full: ## all tests with their long forms
	scripts/test --full

check: ## linters and static checks; builds the injected library only
	scripts/check

docs: ## documentation of the Swift API in .build/docs, checked, its examples compiled (after a build)
	scripts/docs .build/docs

format: ## lays out Swift and C sources
	scripts/format

bench: ## measures against peers and prints a table of bars
	scripts/bench

demo: ## builds, runs a small process tree that dies badly, prints ledger and report
	scripts/demo

fuzz: ## attacks the reader for a minute
	scripts/fuzz 60

package: ## tarball, .deb and wheel in .build/packages
	scripts/package

install: ## installs under PREFIX (/usr/local)
	scripts/install $(or $(PREFIX),/usr/local)
