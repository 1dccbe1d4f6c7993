#!/usr/bin/env bash
# Makes the Windows installer.
#
#   build.sh VERSION BINDIR OUTDIR      writes OUTDIR/portico-VERSION-x64.msi
#
# BINDIR has portico.exe, portico-agent.exe and porticoctl.exe (programs.sh makes
# them), and may have THIRD-PARTY-NOTICES.txt. It is left as it is: programs are
# signed (see sign.sh) in a copy. The same input and SOURCE_DATE_EPOCH (seconds
# since 1970; the last commit by default) give the same bytes.
set -euo pipefail
# shellcheck source=packaging/windows/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -eq 3 ] || die "usage: build.sh VERSION BINDIR OUTDIR"
version=$1 bin=$2
need_version "$version"
need_tools wixl msibuild
mkdir -p "$3"
out=$(cd "$3" && pwd)/portico-$version-x64.msi

export TZ=UTC LC_ALL=C.UTF-8
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || true)}
[ -n "$SOURCE_DATE_EPOCH" ] || die "this is no git checkout: set SOURCE_DATE_EPOCH to the release's time in seconds since 1970"
export SOURCE_DATE_EPOCH

# uuid5 NAMESPACE NAME prints the UUID of a name (RFC 9562, section 5.5).
uuid5() {
  local hash
  # shellcheck disable=SC2001 # every two digits become one byte
  hash=$({ printf '%b' "$(sed 's/../\\x&/g' <<<"${1//-/}")"; printf '%s' "$2"; } | sha1sum)
  hash=${hash:0:12}5${hash:13:3}$(printf '%x' $((0x${hash:16:1} & 3 | 8)))${hash:17:15}
  hash=${hash^^}
  echo "${hash:0:8}-${hash:8:4}-${hash:12:4}-${hash:16:4}-${hash:20:12}"
}

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
for program in portico portico-agent porticoctl; do
  [ -f "$bin/$program.exe" ] || die "$bin/$program.exe is missing; programs.sh makes it"
  cp "$bin/$program.exe" "$stage/"
done
"$windows/sign.sh" "$stage"/*.exe
cp "$root/LICENSE" "$stage/LICENSE.txt"
if [ -f "$bin/THIRD-PARTY-NOTICES.txt" ]; then
  cp "$bin/THIRD-PARTY-NOTICES.txt" "$stage/"
else
  echo "without the list of third-party licences, since $bin/THIRD-PARTY-NOTICES.txt is missing" >&2
  echo "Portico is licensed under the Apache License 2.0, and contains open-source software. Its parts and their licences are listed at $(fact Website)" > "$stage/THIRD-PARTY-NOTICES.txt"
fi
cp "$root/assets/icons/portico.ico" "$windows/msi/portico.wxs" "$stage/"
sed "s/@VERSION@/$version/g" "$windows/msi/tables.sql" > "$stage/tables.sql"
# The cabinet has the files' times.
touch --date="@$SOURCE_DATE_EPOCH" "$stage"/*

# A product is one version. A package is these very bytes: Windows keeps packages
# by their code and would take another one with the same code for this one.
upgrade=$(sed -n 's/.* UpgradeCode="\([0-9A-F-]*\)".*/\1/p' "$windows/msi/portico.wxs")
product=$(uuid5 "$upgrade" "product $version")
package=$(uuid5 "$upgrade" "package $version $SOURCE_DATE_EPOCH $(cd "$stage" && sha256sum -- * | sha256sum)")

# wixl 0.101 finds files in the current folder only.
(cd "$stage" && wixl --arch x64 -D ProductCode="$product" -D Version="$version" -D Website="$(fact Website)" -o portico.msi portico.wxs)

statements=()
while IFS= read -r line; do
  case $line in '' | --*) ;; *) statements+=("$line") ;; esac
done < "$stage/tables.sql"
msibuild "$stage/portico.msi" -q "${statements[@]}"

# wixl puts the time and a random package code into the summary.
time=$(date --date="@$SOURCE_DATE_EPOCH" '+%Y/%m/%d %H:%M:%S')
printf '%s\r\n' $'PropertyId\tValue' $'i2\tl255' $'_SummaryInformation\tPropertyId' \
  $'3\t'"Portico $version" $'9\t'"{$package}" $'12\t'"$time" $'13\t'"$time" > "$stage/summary.idt"
msibuild "$stage/portico.msi" -i "$stage/summary.idt"

"$windows/sign.sh" "$stage/portico.msi"
mv "$stage/portico.msi" "$out"
echo "$out"
