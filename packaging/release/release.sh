#!/usr/bin/env bash
# Makes everything of a release that this system can make, in OUTDIR: on Linux the
# packages for Linux and Windows, on a Mac the one for Macs, and always the scripts,
# notices, lists and checksums that go along.
#
#   packaging/release/release.sh VERSION OUTDIR
#
# The same source gives the same bytes, on every run and in every folder, as long
# as the tools are the same: Go (.github/go-version), the C compilers and wixl. Only a
# signature (see sign.sh and the build scripts) differs from run to run.
#
# PORTICO_MACOS_RELEASE is a folder with what a Mac has made of the same version. On
# Linux it joins the rest, so that one list of checksums is for all.
set -euo pipefail

[ $# -eq 2 ] || { echo "usage: $0 VERSION OUTDIR" >&2; exit 2; }
version=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
rm -rf "$2"
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$root"
# What git knows of the folder is no part of the program.
export GOFLAGS="${GOFLAGS:-} -buildvcs=false"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -o "$work/release" ./packaging/release
release=$work/release

# Where the release will be found.
download=$(sed -n 's/^Website = "\(.*\)"$/\1/p' FyneApp.toml)/releases/download/v$version

# alongside SYSTEM PROGRAM... makes what the programs' licences ask for, beside
# them, and what lists them for machines.
alongside() {
  local system=$1
  shift
  "$release" notices -out "$(dirname "$1")/THIRD-PARTY-NOTICES.txt" "$@"
  cp "$(dirname "$1")/THIRD-PARTY-NOTICES.txt" "$out/THIRD-PARTY-NOTICES-$system.txt"
  "$release" sbom -out "$out/portico-$version-$system.cdx.json" "$@"
}

case $(uname -s) in
Linux)
  echo "== the programs for Linux"
  mkdir "$work/linux" "$work/windows"
  CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$work/linux/" ./cmd/portico-agent ./cmd/porticoctl
  fyne=$(go run ./packaging/fyne)
  go build -modfile="$fyne" -trimpath -tags migrated_fynedo -ldflags='-s -w' -o "$work/linux/" ./cmd/portico
  alongside linux "$work/linux/portico" "$work/linux/portico-agent" "$work/linux/porticoctl"
  echo "== the packages for Linux"
  packaging/linux/build.sh "$version" "$work/linux" "$out"
  # Those for Macs have the same names: they are in the deployment archive, in
  # folders of their own.
  rm "$out/install.sh" "$out/uninstall.sh"
  packaging/release/sign.sh "$out"/*.rpm "$out"/*.deb
  echo "== the gateway, for servers with Linux"
  mkdir "$work/gateway"
  CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$work/gateway/" ./cmd/portico-gateway
  alongside gateway "$work/gateway/portico-gateway"
  cp "$work/gateway/portico-gateway" "$out/portico-gateway-$version-linux-$(go env GOARCH)"
  echo "== the programs for Windows"
  packaging/windows/programs.sh "$version" "$work/windows"
  alongside windows "$work/windows/portico.exe" "$work/windows/portico-agent.exe" "$work/windows/porticoctl.exe"
  echo "== the installer for Windows"
  packaging/windows/build.sh "$version" "$work/windows" "$out"
  cp packaging/windows/*.ps1 "$out/"
  packaging/windows/winget/generate.sh "$out/portico-$version-x64.msi" "$download/portico-$version-x64.msi" "$out"
  if [ -n "${PORTICO_MACOS_RELEASE:-}" ]; then
    echo "== the package for macOS, from $PORTICO_MACOS_RELEASE"
    cp "$PORTICO_MACOS_RELEASE/portico-$version.pkg" "$PORTICO_MACOS_RELEASE"/*.cdx.json "$PORTICO_MACOS_RELEASE"/THIRD-PARTY-NOTICES-*.txt "$out/"
  fi
  # The guides in it name the packages' checksums.
  "$release" deployment -out "$out/portico-$version-deployment.zip" "$out"
  ;;
Darwin)
  echo "== the programs for macOS"
  mkdir "$work/amd64" "$work/arm64" "$work/macos"
  for arch in amd64 arm64; do
    # The tray on macOS needs cgo, and so all three are built with it.
    GOARCH=$arch CGO_ENABLED=1 go build -trimpath -tags migrated_fynedo -ldflags='-s -w' -o "$work/$arch/" ./cmd/portico ./cmd/portico-agent ./cmd/porticoctl
  done
  for program in portico portico-agent porticoctl; do
    lipo -create -output "$work/macos/$program" "$work/amd64/$program" "$work/arm64/$program"
  done
  # Go's list of modules is read from one half; the other was built from the same.
  alongside macos "$work/arm64/portico" "$work/arm64/portico-agent" "$work/arm64/porticoctl"
  cp "$work/arm64/THIRD-PARTY-NOTICES.txt" "$work/macos/"
  echo "== the package for macOS"
  packaging/macos/build.sh "$version" "$work/macos" "$work/bundle"
  cp "$work/bundle"/*.pkg "$out/"
  ;;
*)
  echo "$0: releases are made on Linux and on macOS" >&2
  exit 1
  ;;
esac
packaging/release/sign.sh --public "$out/PORTICO-RELEASE-KEY.asc"
"$release" checksums -out "$out/SHA256SUMS" "$out"
packaging/release/sign.sh "$out/SHA256SUMS"
echo "== $out"
(cd "$out" && ls -l)
