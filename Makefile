# A front for the presets; the work is done by scripts/ and CMake.
# The campaigns: test cases tagged [campaign][NAME] are run in their long form by `make NAME`.
campaigns := $(shell scripts/campaign)

.PHONY: all test unit fault lint format install-packages release clean $(campaigns)

all:
	scripts/build dev

test:
	scripts/test

unit: all
	ctest --test-dir build/dev -L unit --output-on-failure

fault: all
	ctest --test-dir build/dev -L fault --output-on-failure

$(campaigns): %:
	scripts/campaign $@

lint: all
	ctest --test-dir build/dev -L tidy --output-on-failure

format:
	scripts/format

install-packages:
	scripts/lib/install.sh

release:
	scripts/build release

clean:
	rm -rf build
