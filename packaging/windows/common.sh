# Read by the other scripts of this folder: where things are, and how they fail.
# shellcheck shell=bash

windows=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # used by those who read this
root=$(cd "$windows/../.." && pwd)

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# need_version refuses what Windows Installer cannot order: it compares three
# numbers, of at most 255, 255 and 65535.
need_version() {
  [[ $1 =~ ^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,5})$ ]] || die "the version has to be three numbers, as in 1.2.3; it was \"$1\""
  ((10#${BASH_REMATCH[1]} <= 255 && 10#${BASH_REMATCH[2]} <= 255 && 10#${BASH_REMATCH[3]} <= 65535)) ||
    die "Windows Installer knows versions up to 255.255.65535; it was \"$1\""
}

# need_tools names the tool that is missing, and where it comes from.
need_tools() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || die "$tool is missing; \"make packages-windows\" installs what this needs on Debian"
  done
}

# fact prints one value of FyneApp.toml, the one source of name, id and version.
fact() {
  sed -n "s/^$1 = \"\(.*\)\"\$/\1/p" "$root/FyneApp.toml"
}
