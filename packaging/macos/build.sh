#!/bin/bash
# Makes Portico.app, and on a Mac the installer package, out of built programs.
#
#   build.sh VERSION BINDIR OUTDIR
#
# BINDIR holds portico, portico-agent and porticoctl, for one architecture or
# universal (lipo -create). OUTDIR gets Portico.app and, on a Mac,
# portico-VERSION.pkg. Elsewhere only the bundle is made, which nobody can sign
# there: good for looking at it.
#
# To sign and notarize, name what the keychain holds; nothing secret is passed:
#   PORTICO_SIGN_APP        "Developer ID Application: NAME (TEAM)"
#   PORTICO_SIGN_INSTALLER  "Developer ID Installer: NAME (TEAM)"
#   PORTICO_NOTARY_PROFILE  a profile of "xcrun notarytool store-credentials"
set -euo pipefail

usage() { sed -n '2,16s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -eq 3 ] || usage
version=$1 bin=$2 out=$3
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
id=io.github.portico_desktop.Portico

case $version in
*[!0-9.]* | '' | .* | *.) echo "build.sh: \"$version\" is no version; macOS wants numbers and dots, as in 1.2.3" >&2; exit 2 ;;
esac
for program in portico portico-agent porticoctl; do
	[ -f "$bin/$program" ] || { echo "build.sh: $bin/$program is missing; build the three programs first" >&2; exit 1; }
done
build=$(sed -n 's/^Build = \([0-9][0-9]*\)$/\1/p' "$root/FyneApp.toml")
[ -n "$build" ] || { echo "build.sh: FyneApp.toml names no Build" >&2; exit 1; }

mkdir -p "$out"
app=$out/Portico.app
rm -rf "$app"
# The agent is a bundle within: macOS hands a link to whichever program of a bundle
# runs already, and that has to be the window.
agent=$app/Contents/Helpers/PorticoAgent.app
mkdir -p "$app/Contents/MacOS" "$app/Contents/Resources" "$agent/Contents/MacOS" "$agent/Contents/Resources"
sed -e "s/@VERSION@/$version/" -e "s/@BUILD@/$build/" "$here/Info.plist.in" >"$app/Contents/Info.plist"
sed -e "s/@VERSION@/$version/" -e "s/@BUILD@/$build/" "$here/Agent-Info.plist.in" >"$agent/Contents/Info.plist"
printf 'APPL????' | tee "$app/Contents/PkgInfo" >"$agent/Contents/PkgInfo"
install -m 755 "$bin/portico" "$bin/porticoctl" "$app/Contents/MacOS/"
install -m 755 "$bin/portico-agent" "$agent/Contents/MacOS/"
install -m 644 "$root/LICENSE" "$app/Contents/Resources/"
if [ -f "$bin/THIRD-PARTY-NOTICES.txt" ]; then install -m 644 "$bin/THIRD-PARTY-NOTICES.txt" "$app/Contents/Resources/"; fi
(cd "$root" && go run ./packaging/macos/icns assets/icons/portico.svg) >"$app/Contents/Resources/Portico.icns"
cp "$app/Contents/Resources/Portico.icns" "$agent/Contents/Resources/"

if [ "$(uname -s)" != Darwin ]; then
	echo "build.sh: $app is made. The installer package needs a Mac's pkgbuild and codesign."
	exit 0
fi

if [ -n "${PORTICO_SIGN_APP:-}" ]; then
	# From the inside out.
	codesign --force --timestamp --options runtime --entitlements "$here/Portico.entitlements" \
		--identifier "$id.porticoctl" --sign "$PORTICO_SIGN_APP" "$app/Contents/MacOS/porticoctl"
	codesign --force --timestamp --options runtime --entitlements "$here/Portico.entitlements" --sign "$PORTICO_SIGN_APP" "$agent"
	codesign --force --timestamp --options runtime --entitlements "$here/Portico.entitlements" --sign "$PORTICO_SIGN_APP" "$app"
	codesign --verify --strict --deep "$app"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/Applications" "$work/root/Library/LaunchAgents" "$work/root/usr/local/bin"
ditto "$app" "$work/root/Applications/Portico.app"
install -m 644 "$here/$id.plist" "$work/root/Library/LaunchAgents/"
ln -s /Applications/Portico.app/Contents/MacOS/porticoctl "$work/root/usr/local/bin/porticoctl"
pkgbuild --analyze --root "$work/root" "$work/components.plist" >/dev/null
# A bundle that moved would leave the LaunchAgent behind.
plutil -replace 0.BundleIsRelocatable -bool NO "$work/components.plist"
pkgbuild --root "$work/root" --component-plist "$work/components.plist" --scripts "$here/pkg-scripts" \
	--identifier "$id" --version "$version" --ownership recommended "$work/Portico-component.pkg"
sed "s/@VERSION@/$version/" "$here/Distribution.xml.in" >"$work/Distribution.xml"
pkg=$out/portico-$version.pkg
productbuild --distribution "$work/Distribution.xml" --package-path "$work" "$work/portico.pkg"
if [ -n "${PORTICO_SIGN_INSTALLER:-}" ]; then
	productsign --timestamp --sign "$PORTICO_SIGN_INSTALLER" "$work/portico.pkg" "$pkg"
else
	mv "$work/portico.pkg" "$pkg"
	echo "build.sh: $pkg is not signed; Macs refuse it unless install.sh is run with --allow-unsigned" >&2
fi
if [ -n "${PORTICO_NOTARY_PROFILE:-}" ]; then
	xcrun notarytool submit "$pkg" --keychain-profile "$PORTICO_NOTARY_PROFILE" --wait
	xcrun stapler staple "$pkg"
fi
echo "$pkg"
