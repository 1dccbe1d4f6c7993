#!/usr/bin/env bash
# Makes the Debian and the RPM package:
#
#   packaging/linux/build.sh VERSION BINDIR OUTDIR
#
# BINDIR holds portico, portico-agent and porticoctl, built for this computer's
# system and processor (the manual pages come from their own help), and where a
# release has made it, THIRD-PARTY-NOTICES.txt. OUTDIR gets both packages and the
# two scripts for RMM tools.
#
# The same input gives the same bytes: every date is SOURCE_DATE_EPOCH, by default
# the date of the last commit.
set -euo pipefail

# Newer versions of nfpm depend on modules that not every module proxy serves. It
# is run and not required, so that its many modules stay out of go.mod.
NFPM=github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.4

if [ $# -ne 3 ] || [ -z "$1" ]; then
  echo "usage: $0 VERSION BINDIR OUTDIR" >&2
  exit 2
fi
export VERSION=$1
# A hyphen would part the version from Debian's revision, and RPM takes none.
if ! [[ $VERSION =~ ^[0-9][0-9A-Za-z.+~]*$ ]]; then
  echo "$0: $VERSION is no version: digits, letters and . + ~" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
programs=$(cd "$2" && pwd)
mkdir -p "$3"
out=$(cd "$3" && pwd)
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
  SOURCE_DATE_EPOCH=$(git -C "$repository" log -1 --format=%ct)
fi
export SOURCE_DATE_EPOCH
ARCH=$(go env GOARCH)
export ARCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
mkdir "$work/programs" "$work/doc"
for program in portico portico-agent porticoctl; do
  install -m 0755 "$programs/$program" "$work/programs/"
done
cp -r "$here/files" "$here/scripts" "$here/nfpm.yaml" "$repository/LICENSE" "$work/"
cp "$here/files/copyright" "$work/doc/"
if [ -f "$programs/THIRD-PARTY-NOTICES.txt" ]; then
  gzip -9n < "$programs/THIRD-PARTY-NOTICES.txt" > "$work/doc/THIRD-PARTY-NOTICES.txt.gz"
fi

cd "$repository"
CGO_ENABLED=0 go run ./packaging/linux/tree -version "$VERSION" -bin "$work/programs" -out "$work/tree"
LIBC=$(cat "$work/libc")
export LIBC
# nfpm takes the date of each file from the file.
find "$work" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +
cd "$work"
for packager in deb rpm; do
  CGO_ENABLED=0 go run "$NFPM" package --config nfpm.yaml --packager "$packager" --target "$out"
done
[ ! -f "$here/install.sh" ] || install -m 0755 "$here/install.sh" "$here/uninstall.sh" "$out/"
