#!/bin/sh
# Removes Portico from a Mac.
#
#   sudo ./uninstall.sh
#
#   --remove-user-data   also what every person on this Mac has in Portico's folders
#   --keep-settings      leave /Library/Preferences/io.github.portico_desktop.Portico.plist
#   --dry-run            say what would be done, and do nothing
#   --help               this text
#
# What stays: sign-ins in people's keychains, which only they can open. They are
# entries named io.github.portico_desktop.Portico, of no use without the provider,
# which an administrator can tell to revoke them. "porticoctl forget", run by the
# person before, removes them.
#
# exit 0   removed, or nothing was there
# exit 2   an option is wrong
# exit 3   this is no Mac
# exit 4   not run as root
# exit 5   something could not be removed; what is said above
set -eu
# Whoever calls this as root may have other people's folders in these.
PATH=/usr/sbin:/sbin:/usr/bin:/bin
TMPDIR=/tmp
export PATH TMPDIR

id=io.github.portico_desktop.Portico
agent=/Library/LaunchAgents/$id.plist

fail() {
	code=$1
	shift
	printf 'uninstall.sh: %s\n' "$*" >&2
	exit "$code"
}
run() {
	if [ "$dry" = yes ]; then
		printf 'would run:'
		printf ' %s' "$@"
		printf '\n'
	else
		"$@"
	fi
}
left=no
remove() {
	{ [ -e "$1" ] || [ -L "$1" ]; } || return 0
	run rm -rf "$1" || left=yes
}

dry=no settings=remove data=keep
while [ $# -gt 0 ]; do
	case $1 in
	--remove-user-data) data=remove ;;
	--keep-settings) settings=keep ;;
	--dry-run) dry=yes ;;
	--help | -h)
		sed -n '2,22s/^# \{0,1\}//p' "$0"
		exit 0
		;;
	*) fail 2 "$1 is no option; --help lists them" ;;
	esac
	shift
done
[ "$(uname -s)" = Darwin ] || fail 3 "this is for macOS; packaging/linux and packaging/windows have scripts of their own"
[ "$(id -u)" -eq 0 ] || fail 4 "this needs root; run it with sudo, or let the RMM tool run it as root"

for uid in $(ps -axo uid=,comm= | awk '$2 ~ /^\/Applications\/Portico\.app\// { print $1 }' | sort -u); do
	run launchctl bootout "gui/$uid/$id" 2>/dev/null || true
	run pkill -TERM -U "$uid" -f '^/Applications/Portico\.app/' || true
done
remove "$agent"
remove "/Applications/Portico.app"
remove "/usr/local/bin/porticoctl"
if [ "$settings" = remove ]; then
	[ ! -e "/Library/Preferences/$id.plist" ] || run defaults delete "/Library/Preferences/$id" 2>/dev/null || true
	remove "/Library/Preferences/$id.plist"
fi
if pkgutil --pkg-info "$id" >/dev/null 2>&1; then
	run pkgutil --forget "$id" >/dev/null || left=yes
fi
if [ "$data" = remove ]; then
	for home in /Users/*; do
		[ -d "$home/Library" ] || continue
		remove "$home/Library/Application Support/$id"
		remove "$home/Library/Caches/$id"
		remove "$home/Library/Logs/$id"
	done
fi
[ "$left" = no ] || fail 5 "not everything could be removed; what is said above"
echo "uninstall.sh: done"
