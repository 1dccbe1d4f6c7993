#!/bin/sh
# Installs, installs again and removes the package on this Mac, for the workflow's
# runner: a Mac that is thrown away afterwards.
#
#   install-for-real.sh PACKAGE
set -eu

id=io.github.portico_desktop.Portico
pkg=$1
macos=$(cd "$(dirname "$0")/.." && pwd)
sum=$(shasum -a 256 "$pkg" | cut -d ' ' -f 1)
version=$(sed -n 's/^Version = "\(.*\)"$/\1/p' "$macos/../../FyneApp.toml")

fail() {
	printf 'install-for-real.sh: %s\n' "$*" >&2
	exit 1
}
# ends_with CODE COMMAND... fails unless the command ends so.
ends_with() {
	want=$1
	shift
	got=0
	"$@" || got=$?
	[ "$got" = "$want" ] || fail "it ended with $got, not $want: $*"
}

ends_with 6 sudo "$macos/install.sh" --pkg "$pkg" --allow-unsigned --sha256 "$(printf '%064d' 0)"
[ ! -e /Applications/Portico.app ] || fail "a package with another checksum was installed"
for portal in https://portal.example.com https://new.example.com; do
	ends_with 0 sudo "$macos/install.sh" --portal "$portal" --pkg "$pkg" --allow-unsigned --sha256 "$sum"
	[ "$(pkgutil --pkg-info "$id" | sed -n 's/^version: //p')" = "$version" ] || fail "the receipt names another version than $version"
	[ "$(defaults read "/Library/Preferences/$id" PortalURL)" = "$portal" ] || fail "the portal is not $portal"
	/usr/local/bin/porticoctl policy --json | grep -q "$portal" || fail "porticoctl policy does not know $portal"
done
codesign --verify --deep /Applications/Portico.app 2>/dev/null || echo "install-for-real.sh: the app is not signed"
plutil -lint "/Library/LaunchAgents/$id.plist"
/usr/local/bin/porticoctl version

ends_with 0 sudo "$macos/uninstall.sh"
for left in /Applications/Portico.app "/Library/LaunchAgents/$id.plist" /usr/local/bin/porticoctl "/Library/Preferences/$id.plist"; do
	if [ -e "$left" ] || [ -L "$left" ]; then fail "$left is left"; fi
done
ends_with 0 sudo "$macos/uninstall.sh"
