# Everything that people who work on Portico run. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

BIN := $(CURDIR)/bin
EXE := $(shell go env GOEXE)

# On Windows a program without this opens a console window of its own.
GUI := $(if $(filter windows,$(shell go env GOOS)), -H windowsgui)

# The window is built with a Fyne that rests while nothing happens (packaging/fyne). On
# macOS, where nobody has tried that, it is built with Fyne as it is.
FYNE := $(if $(filter-out darwin,$(shell go env GOOS)),-modfile=.cache/fyne.mod)
.PHONY: fyne
fyne:
	@$(if $(FYNE),go run ./packaging/fyne >/dev/null)

# Packages that contain Fyne and with it cgo: the window and what opens it.
WINDOW_PKGS := ./app/ui/... ./cmd/portico ./cmd/portico-demo
# Those that start real programs, which takes minutes.
E2E_PKGS := ./cmd/internal/stage ./cmd/internal/e2e ./cmd/internal/e2e/library
# Those that install the Linux packages, which takes root and minutes.
LINUX_PKGS := ./cmd/internal/linuxtest
# What Windows gets, under Wine: make test-windows.
WINDOWS_PKGS := ./packaging/windows/windowstest
ALL_PKGS = $(shell CGO_ENABLED=0 go list -e -f '{{.ImportPath}}' ./...)
PLAIN_PKGS = $(filter-out $(shell CGO_ENABLED=0 go list -e -f '{{.ImportPath}}' $(WINDOW_PKGS) $(E2E_PKGS) $(LINUX_PKGS) $(WINDOWS_PKGS)),$(ALL_PKGS))
# Those of them with a file for another system.
PLAIN_ON = $(filter $(PLAIN_PKGS),$(shell GOOS=$(1) CGO_ENABLED=0 go list -e -f '{{if or .GoFiles .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...))

# The engine, and how its tests write down what they have run.
ENGINE_PKGS = $(shell CGO_ENABLED=0 go list ./auth/...)
COVER_FLAGS = -covermode=atomic -coverpkg=./auth/... -coverprofile=$(BIN)/auth.cover

# What a build needs from Debian, and what the tests and the tour need on top.
BUILD_DEBS := gcc pkg-config libgl1-mesa-dev xorg-dev libxkbcommon-dev libwayland-dev
TEST_DEBS := jq xvfb openbox xdotool x11-utils imagemagick libgl1-mesa-dri dbus gnome-keyring libsecret-tools chromium firefox-esr curl fonts-noto-core xdg-utils iproute2 procps tinyproxy squid krb5-kdc krb5-admin-server krb5-user keyutils libxml2-utils
TEST_DEBS += gsettings-desktop-schemas dconf-gsettings-backend dconf-cli libglib2.0-bin glib-networking-services libproxy1-plugin-webkit xdg-desktop-portal xdg-dbus-proxy libkf5config-bin
TEST_DEBS += pebble
TEST_DEBS += debootstrap lintian rpm rpmlint cpio appstream desktop-file-utils shellcheck man-db systemd util-linux gnupg dnf
# Whom the bench compares Portico with, where Debian has them.
BENCH_DEBS := python3-msal oidc-agent-cli
# The company's network in which it starts: its proxy and its KDC.
BENCH_DEBS += squid krb5-kdc krb5-admin-server krb5-user openssl
# What a release signs packages with, where there is a key.
RELEASE_DEBS := gnupg rpm
# What the Windows programs and their installer are built with, and tested.
WINDOWS_DEBS := gcc-mingw-w64-x86-64 g++-mingw-w64-x86-64 wixl msitools osslsigncode wine wine64 icoutils openssl xvfb x11-utils shellcheck

## demo: a provider, a portal and the window on this computer; with no display, the tour
.PHONY: demo
demo: packages-build fyne
	@if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ] || [ "$$(uname)" != Linux ]; then \
	  mkdir -p $(BIN) && echo "Building Portico (the first time takes some minutes) …" && \
	  go build $(FYNE) -o $(BIN)/portico-demo$(EXE) ./cmd/portico-demo && exec $(BIN)/portico-demo$(EXE); \
	else echo "There is no display here: running the tour instead."; $(MAKE) tour; fi

## tour: the whole story in a real window and browser, as numbered pictures in dist/tour
.PHONY: tour
tour: packages-test build
	go run ./cmd/internal/tour

## build: the programs, in bin/
.PHONY: build
build: fyne
	@mkdir -p $(BIN)
	CGO_ENABLED=0 go build -ldflags='-s -w' -o $(BIN)/ ./cmd/porticoctl ./cmd/portico-gateway
	CGO_ENABLED=0 go build -ldflags='-s -w$(GUI)' -o $(BIN)/ ./cmd/portico-agent
	@# Fyne's thread checks are for tests; what people run is built without.
	go build $(FYNE) -tags migrated_fynedo -ldflags='-s -w$(GUI)' -o $(BIN)/ ./cmd/portico ./cmd/portico-demo

## test: everything, from a fresh clone; .ci/run calls it
.PHONY: test
test: packages-test node still test-scripts unit kill-tests window e2e test-packages
	@echo "make test: everything passed"

# The PowerShell that runs the administrators' scripts, from version 5.1 on, and Pester, a folder or
# manifest; without the second one, where PowerShell keeps modules.
PORTICO_PWSH ?= $(shell command -v pwsh)
PORTICO_PESTER ?=

## test-scripts: the PowerShell scripts: what they do (by PORTICO_PWSH, else pwsh; PORTICO_PESTER), and their syntax trees, tables and guides
.PHONY: test-scripts
test-scripts: node
	@if [ -n "$(PORTICO_PWSH)" ]; then echo 'PORTICO_PESTER="$(PORTICO_PESTER)" "$(PORTICO_PWSH)" -File packaging/windows/scripttest/pester.ps1'; \
	  PORTICO_PESTER="$(PORTICO_PESTER)" POWERSHELL_TELEMETRY_OPTOUT=1 "$(PORTICO_PWSH)" -NoLogo -NoProfile -NonInteractive -File packaging/windows/scripttest/pester.ps1; \
	else echo "Not run, since there is no pwsh here and PORTICO_PWSH is not set: packaging/windows/scripttest/*.Tests.ps1, what the PowerShell scripts do"; fi
	cd packaging/windows/scripttest && npm ci --ignore-scripts --no-audit --no-fund && node --test
	shellcheck packaging/release/*.sh packaging/macos/testdata/*.sh packaging/linux/packages.sh packaging/entra/register-app.sh packaging/entra/testdata/az packaging/windows/winget/generate.sh

# Those whose tests take more than some seconds: make quick runs them when they themselves change.
SLOW_PKGS := ./app/agent ./auth ./auth/vault ./auth/network ./cmd/portico-agent ./cmd/porticoctl ./packaging/entra ./packaging/release

## quick: format, vet and tests of what differs from main (or SINCE=commit), without what is slow, which it names
.PHONY: quick
quick:
	@go run ./cmd/internal/quick -since "$(SINCE)" -window "$(WINDOW_PKGS)" -slow "$(SLOW_PKGS)" -never "$(E2E_PKGS) $(LINUX_PKGS) $(WINDOWS_PKGS)"

## still: check, lint and deadcode, side by side: what can be said of the source without running it
.PHONY: still
still:
	@$(MAKE) -j -O check lint deadcode

## check: formatting, vet on three systems, modules, cross-build
.PHONY: check
check:
	@unformatted="$$(gofmt -l app assets auth cmd packaging)"; \
	 if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	go mod verify
	CGO_ENABLED=0 go vet $(PLAIN_PKGS)
	GOOS=windows CGO_ENABLED=0 go vet $(call PLAIN_ON,windows)
	GOOS=darwin CGO_ENABLED=0 go vet $(call PLAIN_ON,darwin)
	GOOS=windows CGO_ENABLED=0 go build -o /dev/null ./cmd/portico-agent ./cmd/porticoctl ./cmd/portico-gateway
	xmllint --noout --nonet packaging/windows/policy/*.admx packaging/windows/policy/*/*.adml packaging/macos/policy/*

# What was skipped, each with its reason: go test says a subtest's reason long before its result.
SKIPPED := awk '/^=== (RUN|NAME|CONT)/ { test = $$3 } /^ +[^ ]+\.go:[0-9]+: / { said[test] = $$0 } /^ *--- SKIP: / { print; print said[$$3] }'

## unit: every room but the window, with the race detector; then the engine's coverage
.PHONY: unit
unit:
	@mkdir -p $(BIN)
	@echo "go test -race over every package without Fyne (bin/unit.log has every test) …"
	@# The report shows what was skipped and why, and of a failure everything. The
	@# engine's tests run by themselves, so that only they count for its coverage.
	@if { go test -race -timeout 15m -v $(COVER_FLAGS) $(ENGINE_PKGS) && \
	  go test -race -timeout 15m -v $(filter-out $(ENGINE_PKGS),$(PLAIN_PKGS)); } > $(BIN)/unit.log 2>&1; then \
	  grep -E '^ok' $(BIN)/unit.log; $(SKIPPED) $(BIN)/unit.log; \
	else grep -vE '^=== |^ *--- PASS' $(BIN)/unit.log; exit 1; fi
	@$(MAKE) coverage-report

# Where a process or its store can die: between a rotated refresh token and its save, and while
# a gateway writes.
KILL_TESTS := Killed|BreaksOff|ManyClients|CannotBeSaved|StaysBroken|GivenUp|Survives|SavedBeforeItIsUsed
KILLS ?= 20

## kill-tests: deaths between a rotated refresh token and its save, and in the middle of the gateway's writes, KILLS (20) times over
.PHONY: kill-tests
kill-tests:
	CGO_ENABLED=0 go test -count=$(KILLS) -timeout 60m -run '$(KILL_TESTS)' ./auth ./auth/vault ./cmd/internal/gateway/store

## test-long: the same 200 times, and 200 times with the real programs; for hours
.PHONY: test-long
test-long: packages-test build provider
	$(MAKE) kill-tests KILLS=200
	PORTICO_BIN_DIR=$(BIN) go test -count=200 -timeout 8h -run 'TestKilledBetweenTheAnswerAndTheSave' ./cmd/internal/e2e

## coverage: how much of auth/... its own tests run; fails under 90 %
.PHONY: coverage coverage-report
coverage:
	@mkdir -p $(BIN)
	CGO_ENABLED=0 go test -timeout 15m $(COVER_FLAGS) $(ENGINE_PKGS)
	@$(MAKE) coverage-report
coverage-report:
	@# authtest is for tests only. It counts in the total, and is left out of the
	@# second number, so that neither hides the other.
	@total() { go tool cover -func="$$1" | awk 'END { sub(/%/, "", $$NF); print $$NF }'; }; \
	 grep -v -e /authtest/ -e /example/ $(BIN)/auth.cover > $(BIN)/engine.cover; \
	 all=$$(total $(BIN)/auth.cover); engine=$$(total $(BIN)/engine.cover); \
	 echo "coverage of auth/...: $$all % of all statements, $$engine % without authtest and example"; \
	 awk -v a="$$all" -v e="$$engine" 'BEGIN { exit !(a >= 90 && e >= 90) }' || { echo "it has to be 90 % at least"; exit 1; }

## window: the screens on Fyne's test driver, against golden pictures
.PHONY: window
window:
	go vet $(WINDOW_PKGS)
	go test -timeout 15m $(WINDOW_PKGS)

## e2e: real provider, browser, key store and window
.PHONY: e2e
e2e: build provider
	go vet $(E2E_PKGS)
	@# Never from the cache: it does not see that the programs have changed.
	PORTICO_BIN_DIR=$(BIN) go test -count=1 -timeout 30m -v $(E2E_PKGS)

# The source of the version, and of the packages' dates.
VERSION = $(shell sed -n 's/^Version = "\(.*\)"$$/\1/p' FyneApp.toml)

## packages: the Debian and the RPM package, in dist/; the same bytes for the same source
.PHONY: packages
packages: packages-build fyne
	@mkdir -p $(BIN)/linux
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o $(BIN)/linux/ ./cmd/portico-agent ./cmd/porticoctl
	go build $(FYNE) -trimpath -tags migrated_fynedo -ldflags='-s -w' -o $(BIN)/linux/ ./cmd/portico
	packaging/linux/build.sh $(VERSION) $(BIN)/linux dist

# What the packages' tests install. dist/test-packages/cache keeps a small Debian
# and what it downloads.
PACKAGES_DIR := $(CURDIR)/dist/test-packages
AS_ROOT := $(if $(filter-out 0,$(shell id -u)),sudo)

## test-packages: the Linux packages and scripts, in a Debian of their own; as root, in about six minutes
.PHONY: test-packages
test-packages: build provider
	CGO_ENABLED=0 go vet $(LINUX_PKGS)
	@rm -rf $(PACKAGES_DIR)/first $(PACKAGES_DIR)/second $(PACKAGES_DIR)/next
	export SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) && \
	packaging/linux/build.sh $(VERSION) $(BIN) $(PACKAGES_DIR)/first && \
	packaging/linux/build.sh $(VERSION) $(BIN) $(PACKAGES_DIR)/second && \
	packaging/linux/build.sh 99.0.0 $(BIN) $(PACKAGES_DIR)/next
	CGO_ENABLED=0 go test -c -o $(BIN)/linux.test $(LINUX_PKGS)
	cd cmd/internal/linuxtest && $(AS_ROOT) env PATH="$$PATH:/usr/sbin:/sbin" PORTICO_PACKAGES_DIR=$(PACKAGES_DIR) PORTICO_BIN_DIR=$(BIN) \
	  $(BIN)/linux.test -test.timeout 20m -test.v 2>&1 | tee $(BIN)/linux.log | grep -E '^ *(---|ok|FAIL|PASS|panic)' || true
	@grep -q '^PASS$$' $(BIN)/linux.log || { cat $(BIN)/linux.log; exit 1; }

.PHONY: provider
provider: node
	cd cmd/internal/e2e/provider && npm ci --no-audit --no-fund

WINDOWS_DIR := $(CURDIR)/dist/windows

## windows: the three programs for Windows, with icon, version and manifest, in dist/windows
.PHONY: windows
windows: packages-windows
	packaging/windows/programs.sh $(VERSION) $(WINDOWS_DIR)

## msi: the Windows installer, in dist; signed if PORTICO_SIGN_CERT says with what
.PHONY: msi
msi: windows
	packaging/windows/build.sh $(VERSION) $(WINDOWS_DIR) dist

## test-windows: the installer's tables, its life under Wine, resources, signing; and the scripts by the PowerShell for Windows in PORTICO_PWSH_WINDOWS
.PHONY: test-windows
test-windows: windows
	shellcheck -x packaging/windows/*.sh
	go vet $(WINDOWS_PKGS)
	PORTICO_WINDOWS_DIR=$(WINDOWS_DIR) go test -count=1 -timeout 40m -v $(WINDOWS_PKGS)

## test-windows-scripts: the scripts alone, with a stand-in for the window, which takes minutes to build
.PHONY: test-windows-scripts
test-windows-scripts: packages-windows
	@[ -n "$${PORTICO_PWSH_WINDOWS:-}" ] || { echo "PORTICO_PWSH_WINDOWS has to name the folder with PowerShell for Windows (pwsh.exe)"; exit 1; }
	packaging/windows/programs.sh $(VERSION) $(BIN)/windows packaging/windows/windowstest/window
	PORTICO_WINDOWS_DIR=$(BIN)/windows go test -count=1 -timeout 20m -v -run '^TestScripts' $(WINDOWS_PKGS)

## release: every package, script and list that this system can make, in dist/release; the same bytes for the same source
.PHONY: release
release: packages-build packages-windows packages-release
	packaging/release/release.sh $(VERSION) dist/release

## generate: write anew what follows from the table of policies, and what the Windows scripts share
.PHONY: generate
generate:
	go run ./app/policy/generate
	go run ./packaging/windows/scripts/generate

## golden: renew the golden pictures, after looking at them
.PHONY: golden
golden:
	go test ./app/ui -update

# Where make was called. With -C that is not where it runs, and only its own command
# line tells for sure: the shell's PWD may be older than its folder.
CALLED_FROM = $(if $(shell tr '\0' '\n' </proc/$$PPID/cmdline | grep -E '^(-[a-zA-Z]*C|--directory)'),$(PWD),$(CURDIR))
BENCH = PORTICO_BIN_DIR=$(BIN) CGO_ENABLED=0 go run ./cmd/internal/bench -against "$${AGAINST:-}" -out "$${REPORT:-}" -from "$(CALLED_FROM)"

## bench: times and sizes over TLS, beside peers; with AGAINST=commit or folder also of another build, in turn; REPORT=file keeps the report
.PHONY: bench
bench:
	@# A wrong folder ends this before minutes of building.
	@$(if $(AGAINST),$(BENCH) -check)
	@# What cannot be installed is named in the report.
	@$(MAKE) packages-test packages-bench || echo "Not everything could be installed; going on with what is there."
	@$(MAKE) provider || echo "The provider could not be installed anew; going on."
	@$(MAKE) build
	$(BENCH)

## bench-gateway: what waiting desktops cost the gateway, beside plain net/http, and how soon changes are there; the report is bench/GATEWAY.md, or REPORT=file
.PHONY: bench-gateway
bench-gateway:
	@mkdir -p $(BIN)
	CGO_ENABLED=0 go build -o $(BIN)/bench-gateway$(EXE) ./cmd/internal/bench/gateway
	$(BIN)/bench-gateway$(EXE) -out "$${REPORT:-bench/GATEWAY.md}"

## lint: golangci-lint with .golangci.yml, over every package without Fyne; the first time it is built, which takes minutes
.PHONY: lint
lint:
	CGO_ENABLED=0 go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run --allow-serial-runners --timeout 20m $(PLAIN_PKGS:github.com/portico-desktop/portico/%=./%)

## deadcode: functions and packages that no program uses on any system, but for the table in cmd/internal/deadcode/allowed.go
.PHONY: deadcode
deadcode:
	@mkdir -p $(BIN)
	@go run ./cmd/internal/deadcode

# Where known faults are looked up: https://vuln.go.dev, or file:///FOLDER with a copy.
VULNDB ?= https://vuln.go.dev

## vulnerabilities: known faults in what the programs call, on three systems; VULNDB is where they are looked up
.PHONY: vulnerabilities
vulnerabilities: packages-build
	GOBIN=$(BIN) go install golang.org/x/vuln/cmd/govulncheck@v1.9.0
	$(BIN)/govulncheck -db $(VULNDB) ./cmd/portico-agent ./cmd/porticoctl ./cmd/portico-gateway ./cmd/portico
	@# The window needs cgo there, which is not here.
	for system in windows darwin; do \
	  GOOS=$$system CGO_ENABLED=0 $(BIN)/govulncheck -db $(VULNDB) ./cmd/portico-agent ./cmd/porticoctl ./cmd/portico-gateway; \
	done

# What is fuzzed, and for how long each.
FUZZ_PKGS := ./auth/... ./app/desktop ./app/redact ./app/localapi ./app/picture/... ./app/policy/... ./app/portal/... ./cmd/internal/gateway/...
FUZZTIME ?= 2m

## fuzz: every fuzz target for FUZZTIME (2m), one after the other
.PHONY: fuzz
fuzz:
	@for package in $$(CGO_ENABLED=0 go list $(FUZZ_PKGS)); do \
	  for target in $$(CGO_ENABLED=0 go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
	    echo "== $$target in $$package for $(FUZZTIME)"; \
	    CGO_ENABLED=0 go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 2s $$package; \
	  done; \
	done

# They install what is missing, after saying so.
.PHONY: packages-build packages-test packages-bench packages-windows packages-release
packages-build:
	@packaging/linux/packages.sh $(BUILD_DEBS)
packages-test:
	@packaging/linux/packages.sh $(BUILD_DEBS) $(TEST_DEBS)
packages-bench:
	@packaging/linux/packages.sh $(BENCH_DEBS)
packages-windows:
	@packaging/linux/packages.sh $(WINDOWS_DEBS)
packages-release:
	@packaging/linux/packages.sh $(RELEASE_DEBS)

# Not among the packages above: where Node.js comes from elsewhere, Debian's npm
# would conflict with it. Its version does not matter, because the provider
# brings the Node.js that it asks for.
.PHONY: node
node:
	@command -v npm >/dev/null || packaging/linux/packages.sh nodejs npm

.PHONY: help
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)
