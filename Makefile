# flambeau: `make demo` trains on MNIST, `make test` runs everything. Both need Node 20 and npm, nothing else.
SHELL := /bin/bash
BIN := node_modules/.bin
TSX := node --import tsx

HOST ?= node
DEVICE ?= cpu
VECTORS ?= test/conformance/vectors
ONLY ?= *

CORE_SOURCES = $(shell find core-wasm/assembly -name '*.ts')
TS_SOURCES = $(shell find bindings hosts $(wildcard gpu) -name '*.ts' -o -name '*.js') rollup.config.js package.json
# the stamp of an optimized core: `make fast` removes it
WASM := dist/.optimized

NUMERICS := dist/.numerics
PAGES := examples/browser/dist/index.html
PAGE_SOURCES = $(shell find examples/browser examples/lib examples/data -type f -not -path '*/node_modules/*' -not -path '*/dist/*')

.PHONY: chromium firefox emscripten pytorch build package pages wasm fast bundle generate demo test conformance coverage matrix bench edge-bench soak serve docs format format-check lint types \
  profile generated-check hosts bundlers next clean help

build: package $(PAGES) ## the package in dist/: both wasm builds, a bundle per host, types; and the browser demos

package: $(WASM) dist/node.js $(NUMERICS)
	@node test/package/sizes.mjs

wasm: $(WASM) $(NUMERICS)

# linear algebra and Fourier transforms, where emscripten and Eigen are installed
$(NUMERICS): $(wildcard core-wasm/numerics/*)
	node core-wasm/numerics/build.mjs
	@[ ! -f dist/flambeau.numerics.wasm ] || touch $@

fast: node_modules/.package-lock.json ## quick build for the edit loop: wasm optimized less, no types
	@rm -f $(WASM)
	node core-wasm/build.mjs --fast
	QUICK=1 $(BIN)/rollup --config --silent

bundle: dist/node.js

# A linked node_modules belongs to another checkout.
node_modules/.package-lock.json: package-lock.json
	[ -L node_modules ] || npm ci --no-audit --no-fund
	@[ -L node_modules ] || touch $@

$(WASM): $(CORE_SOURCES) $(wildcard core-wasm/*.mjs core-wasm/split/*.*) | node_modules/.package-lock.json
	node core-wasm/build.mjs
	@touch $@

dist/node.js: $(TS_SOURCES) | node_modules/.package-lock.json
	$(BIN)/rollup --config --silent
	@touch $@

generate: node_modules/.package-lock.json ## regenerate the gen/ folders from the op records
	$(TSX) core-wasm/generate/main.ts

profile: build ## what training and inference need of the core, for its first module: core-wasm/split/cold.txt
	node core-wasm/split/profile.mjs

generated-check: node_modules/.package-lock.json
	$(TSX) core-wasm/generate/main.ts --check

demo: package $(if $(filter webgpu,$(DEVICE)),hosts) ## train on MNIST and test; DEVICE=webgpu: on the GPU
	node test/hosts/launch.mjs node examples/mnist.ts --device=$(DEVICE)

test: ## install what the tests need and run every suite in every host
	node test/run.mjs $(SUITES)

# a whole run in Node on the project's vectors leaves its table; test/hosts/launch.mjs lists the hosts
COVERAGE = $(if $(filter node,$(HOST)),--coverage)
conformance: build hosts ## HOST=node|node24|node26|deno|bun|chromium|firefox|workerd DEVICE=cpu|webgpu VECTORS=DIR ONLY=glob
	node test/hosts/launch.mjs $(HOST) test/conformance/main.ts --device=$(DEVICE) --vectors=$(VECTORS) --only='$(ONLY)' $(COVERAGE)

coverage: build hosts ## docs/coverage.md, from conformance on both devices
	node test/hosts/launch.mjs node test/conformance/main.ts --coverage
	node test/hosts/launch.mjs node test/conformance/main.ts --device=webgpu --coverage

matrix: package hosts chromium firefox ## docs/matrix.md, from conformance in every host; PARTS="cpu webgpu startup threads"
	node test/matrix/run.mjs $(PARTS)

hosts: test/hosts/binaries/node_modules/.package-lock.json .cache/lavapipe/lavapipe.json
test/hosts/binaries/node_modules/.package-lock.json: test/hosts/binaries/package-lock.json
	[ -L test/hosts/binaries/node_modules ] || (cd test/hosts/binaries && npm ci --no-audit --no-fund)
	@[ -L test/hosts/binaries/node_modules ] || touch $@

bundlers: test/bundlers/node_modules/.package-lock.json
test/bundlers/node_modules/.package-lock.json: test/bundlers/package-lock.json
# not npm ci: it refuses a lock where the registry lacks the compilers for other systems
	[ -L test/bundlers/node_modules ] || (cd test/bundlers && npm install --no-save --no-audit --no-fund)
	@[ -L test/bundlers/node_modules ] || touch $@

next: build hosts ## the package in a Next.js app, built and run; installs 340 MB for it
	node test/bundlers/next/run.mjs

chromium:
	@test/hosts/browser.sh chromium

firefox:
	@test/hosts/browser.sh firefox-esr

emscripten:
	@test/hosts/emscripten.sh

pytorch:
	@test/hosts/pytorch.sh

.cache/lavapipe/lavapipe.json:
	@test/hosts/lavapipe.sh .cache/lavapipe

# the browser demos as static files, with a package.json and a lock of their own
pages: $(PAGES)
$(PAGES): $(PAGE_SOURCES) $(WASM) dist/node.js | $(NUMERICS) examples/browser/node_modules/.package-lock.json
	cd examples/browser && node_modules/.bin/vite build --logLevel warn
	@touch $@

examples/browser/node_modules/.package-lock.json: examples/browser/package-lock.json
	[ -L examples/browser/node_modules ] || (cd examples/browser && npm ci --no-audit --no-fund --loglevel=error)
	@[ -L examples/browser/node_modules ] || touch $@

serve: package pages ## the browser demos on http://localhost:8080
	node examples/serve.mjs

bench: build hosts ## flambeau beside its peers, DEVICE=cpu|webgpu; medians and ratios into test/bench/out
	$(if $(filter webgpu,$(DEVICE)),node test/bench/webgpu/run.mjs,test/bench/run.sh)

edge-bench: package hosts ## examples/edge in every server: 10,000 requests, cold starts; tables into docs/edge.md
	[ -f test/bench/node_modules/.package-lock.json ] || (cd test/bench && npm ci --ignore-scripts --no-audit --no-fund)
	$(TSX) test/edge/bench.ts

soak: build hosts ## 20,000 training steps in Node, Deno and Bun; plots memory into test/soak/out
	test/soak/run.sh

docs: node_modules/.package-lock.json ## API reference into docs/api
	$(BIN)/typedoc

format: node_modules/.package-lock.json
	$(BIN)/prettier --write --log-level warn .
format-check: node_modules/.package-lock.json
	$(BIN)/prettier --check .
lint: node_modules/.package-lock.json
	$(BIN)/oxlint
types: node_modules/.package-lock.json
	$(BIN)/tsc
	@[ ! -d examples/browser/node_modules ] || $(BIN)/tsc -p examples/browser

clean:
	rm -rf dist examples/browser/dist out coverage docs/api test/bench/out test/soak/out *.tgz

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
