#!/bin/sh
# Installs Portico on a Mac, for RMM tools and shells without an MDM.
#
#   sudo ./install.sh --portal https://portal.example.com
#
#   --portal URL       the portal's address (or the environment's PORTICO_PORTAL_URL)
#   --pkg FILE         the installer package; by default the only portico-*.pkg beside this script
#   --url URL          where to fetch it instead, with --sha256
#   --sha256 SUM       its SHA-256 in hexadecimal; refused if it differs
#   --team-id TEAM     refuse a package that another team has signed
#   --allow-unsigned   take a package without a signature, with --sha256 only
#   --autostart WHEN   always, never or user-decides
#   --dry-run          say what would be done, and do nothing
#   --help             this text
#
# Settings go to /Library/Preferences/io.github.portico_desktop.Portico.plist. An
# MDM's profile for the same keys counts before them.
#
# exit 0   installed, or nothing to do
# exit 2   an option is wrong
# exit 3   this is no Mac
# exit 4   not run as root
# exit 5   the package is not there or could not be fetched
# exit 6   the package is not the one that --sha256 names
# exit 7   the package's signature is missing, wrong, or another team's
# exit 8   macOS's installer failed; /var/log/install.log says why
# exit 9   the settings could not be written
set -eu
# Whoever calls this as root may have other people's folders in these.
PATH=/usr/sbin:/sbin:/usr/bin:/bin
TMPDIR=/tmp
export PATH TMPDIR

id=io.github.portico_desktop.Portico
preferences=/Library/Preferences/$id

help() { sed -n '2,30s/^# \{0,1\}//p' "$0"; }
say() { printf 'install.sh: %s\n' "$*"; }
fail() {
	code=$1
	shift
	printf 'install.sh: %s\n' "$*" >&2
	exit "$code"
}
# run does it, or says that it would be done.
run() {
	if [ "$dry" = yes ]; then
		printf 'would run:'
		printf ' %s' "$@"
		printf '\n'
	else
		"$@"
	fi
}

# portal_address prints the address of a portal, whole, and fails for what is none. It is
# Portico's own rule, in ASCII: https, or http for this computer alone, a host with a dot,
# no person's name, no #.
portal_address() {
	# Nothing else is in it. The # keeps the lines' ends, which would be lost at its own.
	[ "$(printf '%s#' "$1" | LC_ALL=C tr -d "A-Za-z0-9._~:/?@!\$&'()*+,;=%{}|^\`\133\135-")" = '#' ] || return 1
	case $1 in
	*://*) scheme=$(printf %s "${1%%://*}" | tr '[:upper:]' '[:lower:]') rest=${1#*://} ;;
	*) scheme='' rest=$1 ;;
	esac
	port=''
	case ${rest%%[/?]*} in
	\[*\]) host=${rest%%[/?]*} ;;
	*:*) host=${rest%%[/?]*} port=${host##*:} host=${host%:*} ;;
	*) host=${rest%%[/?]*} ;;
	esac
	# RFC 1035, section 2.3.4.
	[ ${#host} -le 253 ] && [ -z "$(printf %s "$host" | tr . '\n' | cut -c 64- | tr -d '\n')" ] || return 1
	case ${rest%%[/?]*},$port in
	*:, | *,0* | *,*[!0-9]* | *,??????*) return 1 ;;
	*,?*) if [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then return 1; fi ;;
	esac
	# What ends in a number is an address of four octets: browsers take others for one too.
	case $(printf %s "${host##*.}" | tr '[:upper:]' '[:lower:]') in
	0x*[!0-9a-f]*) ;;
	0x*) return 1 ;;
	*[!0-9]*) ;;
	*)
		case .$host in
		*[!0-9.]* | .*.*.*.*.* | *.0[0-9]* | *.[3-9][0-9][0-9]* | *.2[6-9][0-9]* | *.25[6-9]* | *.[0-9][0-9][0-9][0-9]*) return 1 ;;
		.*.*.*.*) ;;
		*) return 1 ;;
		esac
		;;
	esac
	here=no
	case $(printf %s "$host" | tr '[:upper:]' '[:lower:]') in
	\[*:::* | \[*::*::* | \[*:*:*:*:*:*:*:*:*) return 1 ;;
	\[::1\] | localhost) here=yes ;;
	# Nothing of another protocol, of the local link, or where a cloud tells its computers about themselves.
	\[*[!0-9a-f:]*\] | \[*[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*\] | \[[0:]* | \[64:ff9b:* | \[fe[89ab]?:* | \[fd00:ec2:* | \[fd20:ce:*) return 1 ;;
	169.254.*.* | 168.63.129.16 | metadata.google.internal | metadata.goog | instance-data.ec2.internal) return 1 ;;
	\[*::*\] | \[*:*:*:*:*:*:*:*\]) ;;
	.* | *. | *..* | *[!a-z0-9.-]*) return 1 ;;
	127.*[!0-9.]*) ;;
	127.*) here=yes ;;
	*.*) ;;
	*) return 1 ;;
	esac
	case $scheme,$here in
	,yes | http,yes) scheme=http ;;
	,no | https,*) scheme=https ;;
	*) return 1 ;;
	esac
	case ${rest%%\?*} in *%[!0-9A-Fa-f]* | *%?[!0-9A-Fa-f]* | *% | *%?) return 1 ;; esac
	while [ "${rest%/}" != "$rest" ]; do rest=${rest%/}; done
	case $1 in *://*) printf %s "${1%%://*}://$rest" ;; *) printf %s "$scheme://$rest" ;; esac
}

portal=${PORTICO_PORTAL_URL:-} pkg='' url='' sum='' team='' unsigned=no autostart='' dry=no
while [ $# -gt 0 ]; do
	case $1 in
	--portal | --pkg | --url | --sha256 | --team-id | --autostart)
		[ $# -ge 2 ] || fail 2 "$1 needs a value; --help lists the options"
		case $1 in
		--portal) portal=$2 ;;
		--pkg) pkg=$2 ;;
		--url) url=$2 ;;
		--sha256) sum=$(printf %s "$2" | tr 'A-F' 'a-f') ;;
		--team-id) team=$2 ;;
		--autostart) autostart=$2 ;;
		esac
		shift
		;;
	--allow-unsigned) unsigned=yes ;;
	--dry-run) dry=yes ;;
	--help | -h)
		help
		exit 0
		;;
	*) fail 2 "$1 is no option; --help lists them" ;;
	esac
	shift
done

if [ -n "$portal" ]; then
	# What follows an @ alone: a password could stand before it.
	whole=$(portal_address "$portal") ||
		fail 2 "--portal is \"${portal##*@}\"; it has to be an address such as https://portal.example.com (in ASCII, without a name of a person and without #)"
	portal=$whole
fi
case $autostart in
'' | always | never | user-decides) ;;
*) fail 2 "--autostart is \"$autostart\"; it can be always, never or user-decides" ;;
esac
case $url in
'') ;;
https://?*) [ -n "$sum" ] || fail 2 "--url needs --sha256: what is fetched has to be what you tested" ;;
*) fail 2 "--url is \"$url\"; it has to begin with https://" ;;
esac
case $sum in
*[!0-9a-f]*) fail 2 "--sha256 has to be 64 hexadecimal digits" ;;
esac
[ -z "$sum" ] || [ ${#sum} -eq 64 ] || fail 2 "--sha256 has to be 64 hexadecimal digits"
[ "$unsigned" = no ] || [ -n "$sum" ] || fail 2 "--allow-unsigned needs --sha256: something has to say that the package is the right one"
[ "$(uname -s)" = Darwin ] || fail 3 "this is for macOS; packaging/linux and packaging/windows have scripts of their own"
[ "$(id -u)" -eq 0 ] || fail 4 "this needs root; run it with sudo, or let the RMM tool run it as root"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -n "$url" ]; then
	pkg=$work/portico.pkg
	say "fetching $url"
	curl --fail --silent --show-error --location --proto =https --proto-redir =https --output "$pkg" "$url" ||
		fail 5 "$url could not be fetched"
elif [ -z "$pkg" ]; then
	here=$(cd "$(dirname "$0")" && pwd)
	for candidate in "$here"/portico-*.pkg; do
		[ -e "$candidate" ] || fail 5 "there is no portico-*.pkg beside this script; name it with --pkg or --url"
		[ -z "$pkg" ] || fail 5 "there are several portico-*.pkg beside this script; name one with --pkg"
		pkg=$candidate
	done
fi
[ -f "$pkg" ] || fail 5 "$pkg is not there"
if [ -z "$url" ]; then
	# A copy in a folder of root's alone: what is checked is what is installed, also
	# where others may write beside the original.
	mkdir "$work/package"
	cp "$pkg" "$work/package/" || fail 5 "$pkg cannot be read"
	pkg=$work/package/$(basename "$pkg")
fi
if [ -n "$sum" ]; then
	is=$(shasum -a 256 "$pkg" | cut -d ' ' -f 1)
	[ "$is" = "$sum" ] || fail 6 "the SHA-256 of $pkg is $is, not $sum; nothing was installed"
fi
if signature=$(pkgutil --check-signature "$pkg" 2>&1); then
	case $signature in
	*"($team)"*) ;;
	*) [ -z "$team" ] || fail 7 "$pkg is not signed by team $team; nothing was installed" ;;
	esac
elif [ "$unsigned" = no ] || [ -n "$team" ]; then
	fail 7 "$pkg has no signature that macOS trusts; nothing was installed"
fi

new=$(installer -pkginfo -pkg "$pkg" -plist >"$work/info.plist" 2>/dev/null && defaults read "$work/info" Version 2>/dev/null) || new=''
[ -n "$new" ] || new=$(basename "$pkg" .pkg | sed -n 's/^portico-\([0-9][0-9.]*\)$/\1/p')
old=$(pkgutil --pkg-info "$id" 2>/dev/null | sed -n 's/^version: //p') || old=''
if [ -n "$new" ] && [ "$new" = "$old" ] && [ -d /Applications/Portico.app ]; then
	say "version $old is installed already"
else
	say "installing ${new:-$pkg}${old:+ over $old}"
	run installer -pkg "$pkg" -target / || fail 8 "macOS's installer failed; /var/log/install.log says why"
fi

# set_value KEY VALUE writes one text, unless it is there already.
set_value() {
	[ "$(defaults read "$preferences" "$1" 2>/dev/null)" != "$2" ] || return 0
	run defaults write "$preferences" "$1" -string "$2" || fail 9 "$preferences.plist could not be written"
	changed=yes
}
changed=no
[ -z "$portal" ] || set_value PortalURL "$portal"
[ -z "$autostart" ] || set_value Autostart "$autostart"
if [ "$changed" = yes ]; then
	# The defaults command makes it for root alone, and everybody's agent reads it.
	{ run chown root:wheel "$preferences.plist" && run chmod 644 "$preferences.plist"; } ||
		fail 9 "$preferences.plist could not be made readable for everybody"
	say "settings are in $preferences.plist; they count from the agent's next start"
fi
say "done"
