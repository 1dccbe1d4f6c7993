#!/usr/bin/env bash
# Writes the winget manifests of a release: generate.sh MSI URL FOLDER
#
# MSI is the released portico-VERSION-x64.msi, URL where it can be downloaded. The
# version and the product code are read from the package itself (msiinfo, of the
# Debian package msitools), the SHA-256 from the file. SOURCE_DATE_EPOCH gives the
# date of the release; without it, it is today.
set -euo pipefail

[ $# -eq 3 ] || { echo "Usage: generate.sh MSI URL FOLDER" >&2; exit 2; }
msi=$1 url=$2 folder=$3
here=$(cd "$(dirname "$0")" && pwd)
case $url in
  https://*) ;;
  *) echo "generate.sh: $url is not an https address" >&2; exit 2 ;;
esac
[ -f "$msi" ] || { echo "generate.sh: there is no file $msi" >&2; exit 2; }

property() { msiinfo export "$msi" Property | tr -d '\r' | awk -F '\t' -v name="$1" '$1 == name { print $2 }'; }
version=$(property ProductVersion)
code=$(property ProductCode)
if [ -z "$version" ] || [ -z "$code" ]; then
  echo "generate.sh: $msi names no ProductVersion or ProductCode" >&2
  exit 1
fi
sha256=$(sha256sum "$msi" | cut -d ' ' -f 1)
date=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%d)

# shellcheck disable=SC2001 # in what sed puts in below, & is what it has found
url=$(sed 's/[&|\\]/\\&/g' <<<"$url")
mkdir -p "$folder"
for template in "$here"/*.yaml.in; do
  name=$(basename "$template" .in)
  sed -e "s|@VERSION@|$version|g" -e "s|@URL@|$url|g" -e "s|@SHA256@|${sha256^^}|g" -e "s|@PRODUCTCODE@|$code|g" -e "s|@DATE@|$date|g" "$template" >"$folder/$name"
done
