#!/usr/bin/env bash
# Builds the three programs for Windows (64-bit) with icon, version and manifest.
#
#   programs.sh VERSION OUTDIR [WINDOW]
#
# WINDOW is the source of portico.exe, cmd/portico by default; of another one cgo is not
# asked for. Tests of the installer have one that is built at once.
#
# On another system it needs mingw (Debian: gcc-mingw-w64-x86-64). Go links
# resources that lie beside a program's source: they are put there for the build
# only, and git does not see them.
set -euo pipefail
# shellcheck source=packaging/windows/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -eq 2 ] || [ $# -eq 3 ] || die "usage: programs.sh VERSION OUTDIR [WINDOW]"
version=$1 window=${3:-cmd/portico}
need_version "$version"
mkdir -p "$2"
out=$(cd "$2" && pwd)
need_tools go
cgo=0
if [ "$window" = cmd/portico ]; then
  cgo=1
  need_tools x86_64-w64-mingw32-gcc x86_64-w64-mingw32-g++
fi
work=$(mktemp -d)
trap 'rm -rf "$work" "$root"/{"$window",cmd/portico-agent,cmd/porticoctl}/rsrc_windows_amd64.syso' EXIT

website=$(fact Website)

# resources PROGRAM DESCRIPTION SOURCE puts icon, version and manifest beside a program's source.
resources() {
  mkdir -p "$work/$1"
  local file
  for file in winres.json portico.manifest; do
    sed -e "s|@VERSION@|$version|g" -e "s|@PROGRAM@|$1|g" -e "s|@DESCRIPTION@|$2|g" -e "s|@WEBSITE@|$website|g" \
      "$windows/resources/$file" > "$work/$1/$file"
  done
  cp "$root/assets/icons/portico.ico" "$work/$1/"
  (cd "$work/$1" && go run github.com/tc-hib/go-winres@v0.3.3 make --in winres.json --arch amd64 --out "$root/$3/rsrc")
}

resources portico "Portico" "$window"
resources portico-agent "Portico in the background" cmd/portico-agent
resources porticoctl "Portico's console" cmd/porticoctl

cd "$root"
fyne=$(go run ./packaging/fyne)
export GOOS=windows GOARCH=amd64
build() { # PROGRAM SOURCE FLAG...
  echo "building $1.exe …" >&2
  go build -trimpath "${@:3}" -o "$out/$1.exe" "./$2"
}
CGO_ENABLED=0 build porticoctl cmd/porticoctl -ldflags='-s -w'
CGO_ENABLED=0 build portico-agent cmd/portico-agent -ldflags='-s -w -H windowsgui'
CGO_ENABLED=$cgo CC=x86_64-w64-mingw32-gcc CXX=x86_64-w64-mingw32-g++ \
  build portico "$window" -modfile="$fyne" -tags migrated_fynedo -ldflags='-s -w -H windowsgui'
