#!/usr/bin/env bash
# Installs the Debian packages named as arguments that are not there yet, after
# saying which. Does nothing on systems without dpkg, where the README says what
# is needed. Where another apt or dpkg is at work it waits for ten minutes.
set -euo pipefail

command -v dpkg-query >/dev/null || exit 0
missing=()
for package in "$@"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "Installing the system packages that are missing: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Run this as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

# apt_get runs apt-get, and again while another one is at work. By itself it waits
# for dpkg's lock alone, and not for those of its lists and archives.
exec 3>&1
apt_get() {
  local said until=$((SECONDS + 600))
  while ! said=$("${as_root[@]}" apt-get -o DPkg::Lock::Timeout=600 "$@" 2>&1 >&3); do
    if [ $SECONDS -ge $until ] || ! grep -q 'Could not get lock' <<<"$said"; then
      printf '%s\n' "$said" >&2
      return 1
    fi
    echo "Another apt is at work; trying again in five seconds" >&2
    sleep 5
  done
  [ -z "$said" ] || printf '%s\n' "$said" >&2
}
apt_get update -qq
apt_get install -y -q --no-install-recommends "${missing[@]}"
