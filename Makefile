# Every target sets up what it needs by itself, on a fresh Debian 12 too; the second time it is quick.
.PHONY: help demo sandbox test install bench fuzz tsan lint docs clean
.DEFAULT_GOAL := help

help:
	@echo "make demo      import the example traces, from files and from a double of LangSmith, and upload them"
	@echo "make sandbox   a double of LangSmith with sample agents, to try live imports without an account"
	@echo "make test      build and run all tests (with CI=true also under sanitizers, and a short fuzzing)"
	@echo "make install   set up .venv with the program .venv/bin/trajectory and the Python package"
	@echo "make bench     measure imports beside their peers, with the gates (SETS=large for 6 GB)"
	@echo "make fuzz      fuzz every reader for a minute each (TIME=3600 for an hour; TARGET=runs for one); needs clang"
	@echo "make tsan      run what starts threads under the thread sanitizer"
	@echo "make lint      formatting, clang-tidy, ruff, mypy (clang-tidy on changed files; ALL=1 for all)"
	@echo "make docs      write the reference of the Python package to build/docs"
	@echo "make clean     remove the build folder (keeps .venv and .deps)"

install:
	@tools/setup
	@echo "installed: .venv/bin/trajectory and, in .venv, the Python package trajectory_sdk"

demo:
	@tools/setup testbench
	@tools/demo

sandbox:
	@tools/setup testbench
	@.venv/bin/python -m testbench.langsmith.sandbox

test:
	@tools/setup testbench $(if $(filter true,$(CI)),fuzz)
	@tools/run_tests

SETS ?= small,medium,mixed,bucket,live
ROUNDS ?= 5
bench:
	@tools/setup testbench
	@.venv/bin/python bench/run.py --sets $(SETS) --rounds $(ROUNDS)

fuzz:
	@tools/setup fuzz
	@tools/fuzz $(or $(TIME),60) $(TARGET)

tsan:
	@tools/setup
	@tools/tsan

lint:
	@tools/setup lint
	@tools/lint $(if $(ALL),--all)

docs:
	@tools/setup
	@.venv/bin/pdoc --docformat google --output-directory build/docs trajectory_sdk '!trajectory_sdk._core'
	@echo "written: build/docs/index.html"

clean:
	@rm -rf build
