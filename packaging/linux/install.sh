#!/bin/sh
# Installs Portico for everybody on this computer. For RMM tools and scripts: asks
# nothing, starts nothing, and does nothing twice.
#
#   ./install.sh --portal https://portal.example.com
#
#   --portal URL       the portal's address (or PORTICO_PORTAL_URL)
#   --autostart WHEN   always, never or user-decides (or PORTICO_AUTOSTART)
#   --policy FILE      a whole policy instead of the two above (or PORTICO_POLICY)
#   --package FILE     the package; default: the one beside this script
#   --url URL          the package's address instead, https; needs --sha256
#   --sha256 SUM       refuse a package with another checksum
#   --wait SECONDS     for a busy package manager; default 300
#   --dry-run          say what would be done, and do nothing
#   --help             this text
#
# Without --portal and --policy the policy stays as it is, and there has to be one.
#
# Ends with one of these:
#   0  installed, or there was nothing to do
#   1  something unexpected failed
#   2  an option is missing or wrong; nothing was changed
#   3  not root; nothing was changed
#   4  this system is not supported; nothing was changed
#   5  the package is missing or cannot be fetched; nothing was changed
#   6  the package is not the right one (checksum, name, processor); nothing was changed
#   7  the package manager stayed busy; nothing was changed
#   8  the package manager failed; its output says why
#   9  the policy is wrong, or people cannot read it; the program is installed, the
#      policy is as it was
#  10  there is a policy that this script did not write, and it says something else:
#      it stays; the program is installed
set -eu
umask 022
LC_ALL=C
export LC_ALL
# Whoever calls this as root may have other people's folders in these.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
TMPDIR=/tmp
export PATH TMPDIR

policy=/etc/portico/policy.json
# The checksum of the policy that this script wrote. It is how the script knows its
# own file again, and leaves everybody else's alone.
stamp=/etc/portico/.installed-policy

say() { printf 'install.sh: %s\n' "$*"; }
fail() {
    code=$1
    shift
    printf 'install.sh: %s\n' "$*" >&2
    end "$code"
}
usage() { sed -n '/^#!/d; /^[^#]/q; s/^# \{0,1\}//p' "$0"; }

work=
ending=
end() {
    ending=yes
    exit "$1"
}
# at_exit turns what set -e ends with, which may be any number, into 1.
# shellcheck disable=SC2317 # the trap below calls it
at_exit() {
    [ -z "$work" ] || rm -rf "$work"
    [ -n "$ending" ] || fail 1 "something unexpected failed, as said above"
}
trap at_exit EXIT
trap 'fail 1 "interrupted"' HUP INT TERM
# make_work makes a folder that apt's own user can read from.
make_work() {
    [ -n "$work" ] || { work=$(mktemp -d) && chmod 0755 "$work"; }
}

portal=${PORTICO_PORTAL_URL:-}
autostart=${PORTICO_AUTOSTART:-}
new_policy=${PORTICO_POLICY:-}
package=
url=
sum=
wait=300
dry=

read_options() {
    while [ $# -gt 0 ]; do
        case $1 in
        --dry-run) dry=yes && shift && continue ;;
        --help | -h) usage && end 0 ;;
        --portal | --autostart | --policy | --package | --url | --sha256 | --wait) ;;
        *) fail 2 "$1 is not an option; --help lists them" ;;
        esac
        if [ $# -lt 2 ] || [ -z "$2" ]; then fail 2 "$1 needs a value"; fi
        case $1 in
        --portal) portal=$2 ;;
        --autostart) autostart=$2 ;;
        --policy) new_policy=$2 ;;
        --package) package=$2 ;;
        --url) url=$2 ;;
        --sha256) sum=$2 ;;
        --wait) wait=$2 ;;
        esac
        shift 2
    done
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

check_options() {
    if [ -n "$portal" ]; then
        # What follows an @ alone: a password could stand before it.
        whole=$(portal_address "$portal") ||
            fail 2 "--portal: ${portal##*@} is not an address of a portal, such as https://portal.example.com (in ASCII, without a name of a person and without #)"
        portal=$whole
    fi
    case $autostart in
    '' | always | never | user-decides) ;;
    *) fail 2 "--autostart: $autostart is not one of always, never, user-decides" ;;
    esac
    if [ -n "$new_policy" ]; then
        [ -z "$portal$autostart" ] || fail 2 "--policy is a whole policy: put the portal and the autostart into it"
        [ -f "$new_policy" ] || fail 2 "--policy: there is no file $new_policy"
    elif [ -z "$portal" ] && [ -n "$autostart" ]; then
        fail 2 "--autostart needs --portal"
    elif [ -z "$portal" ] && [ ! -e "$policy" ]; then
        fail 2 "say which portal: --portal https://portal.example.com, or PORTICO_PORTAL_URL"
    fi
    case $wait in *[!0-9]*) fail 2 "--wait: $wait is not a number of seconds" ;; esac
    case $sum in
    '') ;;
    *[!0-9A-Fa-f]*) fail 2 "--sha256: $sum is not a SHA-256" ;;
    *) [ ${#sum} -eq 64 ] || fail 2 "--sha256: $sum is not a SHA-256" ;;
    esac
    sum=$(printf %s "$sum" | tr A-F a-f)
    [ -z "$url" ] || [ -z "$package" ] || fail 2 "either --url or --package"
    if [ -n "$url" ]; then
        [ -n "$sum" ] || fail 2 "--url needs --sha256: what comes over the network is installed as root"
        case $url in https://?*) ;; *) fail 2 "--url: $url has to begin with https://" ;; esac
    fi
}

# find_system sets manager and suffix.
find_system() {
    if command -v apt-get >/dev/null && command -v dpkg >/dev/null; then
        manager=apt suffix=_amd64.deb
    elif command -v dnf >/dev/null; then
        manager=dnf suffix=.x86_64.rpm
    elif command -v zypper >/dev/null; then
        manager=zypper suffix=.x86_64.rpm
    else
        fail 4 "neither apt, dnf nor zypper is here"
    fi
    processor=$(uname -m)
    [ "$processor" = x86_64 ] || fail 4 "the package is for x86_64, and this is $processor"
}

fetch() {
    make_work
    package=$work/portico$suffix
    if [ -n "$dry" ]; then
        say "would fetch $url"
        return
    fi
    if command -v curl >/dev/null; then
        curl --fail --silent --show-error --location --proto =https --retry 3 --output "$package" "$url" || fail 5 "$url cannot be fetched"
    elif command -v wget >/dev/null; then
        wget --quiet --https-only --tries=3 --output-document="$package" "$url" || fail 5 "$url cannot be fetched"
    else
        fail 5 "neither curl nor wget is here to fetch the package"
    fi
}

find_package() {
    if [ -n "$url" ]; then
        fetch
        return
    fi
    if [ -z "$package" ]; then
        here=$(cd "$(dirname "$0")" && pwd)
        for found in "$here"/portico[_-][0-9]*"$suffix"; do
            [ -f "$found" ] || fail 5 "there is no package portico…$suffix beside this script; --package FILE names it"
            [ -z "$package" ] || fail 5 "there are several packages beside this script; --package FILE says which"
            package=$found
        done
    fi
    [ -f "$package" ] || fail 5 "there is no package $package"
    # A copy in a folder of root's alone: what is checked is what is installed, also
    # where others may write beside the original.
    make_work
    mkdir "$work/package"
    cp -- "$package" "$work/package/" || fail 5 "$package cannot be read"
    package=$work/package/${package##*/}
}

# check_package compares the checksum and sets version, as the package says it.
check_package() {
    version=
    [ -f "$package" ] || return 0 # a dry run has not fetched it
    if [ -n "$sum" ]; then
        is=$(sha256sum <"$package")
        [ "${is%% *}" = "$sum" ] || fail 6 "${package##*/} has the checksum ${is%% *}, not $sum"
    fi
    if [ $manager = apt ]; then
        about=$(dpkg-deb --field "$package" Package Architecture Version 2>/dev/null | sort | sed 's/^[A-Za-z]*: //' | tr '\n' ' ') || about=
        # sorted: Architecture, Package, Version
        case $about in 'amd64 portico '*) version=${about#amd64 portico } ;; esac
    else
        about=$(rpm --query --package --nosignature --queryformat '%{ARCH} %{NAME} %{VERSION}-%{RELEASE} ' "$package" 2>/dev/null) || about=
        case $about in 'x86_64 portico '*) version=${about#x86_64 portico } ;; esac
    fi
    version=${version% }
    [ -n "$version" ] || fail 6 "${package##*/} is not a package of Portico for this system"
}

installed_version() {
    if [ $manager = apt ]; then
        # shellcheck disable=SC2016 # dpkg's own variables
        dpkg-query --show --showformat='${db:Status-Status} ${Version}' portico 2>/dev/null | sed -n 's/^installed //p'
    elif rpm --query --quiet portico; then
        # On standard output it also says that something is not installed.
        rpm --query --queryformat '%{VERSION}-%{RELEASE}' portico
    fi
}

# newer says whether the first version is newer than the second.
newer() {
    if [ $manager = apt ]; then
        dpkg --compare-versions "$1" gt "$2"
    else
        [ "$(rpm --eval "%{lua:print(rpm.vercmp('$1', '$2'))}")" = 1 ]
    fi
}

# manage runs the package manager and keeps its output apart, for busy.
manage() {
    case $manager in
    apt) set -- env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get --yes --quiet -o "DPkg::Lock::Timeout=$wait" \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" ;;
    dnf) set -- timeout "$((wait + 1800))" dnf --assumeyes --quiet "$@" ;;
    zypper) set -- env ZYPP_LOCK_TIMEOUT="$wait" zypper --non-interactive --quiet "$@" ;;
    esac
    "$@" </dev/null >"$work/output" 2>&1
}
busy() { grep -Eq 'Could not get lock|Unable to acquire the dpkg|System management is locked|Waiting for process' "$work/output"; }
give_up() {
    cat "$work/output" >&2
    ! busy || fail 7 "the package manager was busy for $wait seconds"
    fail 8 "$manager could not install ${package##*/}"
}

install_package() {
    had=$(installed_version)
    if [ -n "$version" ] && [ "$had" = "$version" ]; then
        say "Portico $version is installed already"
        return
    elif [ -n "$version" ] && [ -n "$had" ] && newer "$had" "$version"; then
        say "Portico $had is installed, which is newer than $version: it stays"
        return
    elif [ -n "$dry" ]; then
        say "would install ${package##*/} with $manager${had:+, in place of $had}"
        return
    fi
    make_work
    case $manager in
    # apt's lists may be old or missing; they are fetched only where it needs them.
    apt) manage install "$package" || { ! busy && manage update && manage install "$package"; } || give_up ;;
    dnf) manage install "$package" || give_up ;;
    # --url comes with a checksum; a file lay on this computer. zypper takes neither
    # for a signature.
    zypper) manage install --allow-unsigned-rpm "$package" || give_up ;;
    esac
    [ -n "$(installed_version)" ] || fail 8 "$manager ended without an error, and Portico is not installed"
    say "Portico $version is installed${had:+, in place of $had}"
    changed=yes
}

written_policy() {
    printf '{\n  "settings": {\n    "PortalURL": "%s"' "$portal"
    [ -z "$autostart" ] || printf ',\n    "Autostart": "%s"' "$autostart"
    printf '\n  }\n}\n'
}

# prepare_policy makes the policy that is wanted, and looks whether the one that is
# there is somebody else's, which is never overwritten.
prepare_policy() {
    wanted=
    foreign=
    [ -n "$portal$new_policy" ] || return 0
    make_work
    wanted=$work/policy.json
    if [ -n "$new_policy" ]; then cat "$new_policy" >"$wanted"; else written_policy >"$wanted"; fi
    if [ ! -e "$policy" ] && [ ! -L "$policy" ]; then
        return
    elif cmp -s "$wanted" "$policy"; then
        wanted=
        say "$policy says so already"
    elif [ ! -f "$stamp" ] || [ "$(sha256sum <"$policy")" != "$(cat "$stamp")" ]; then
        foreign=yes
    fi
}

# said prints what counts by a policy, of the keys that follow or of all. The file's
# name is in it, and therefore both are read under the same one.
said() {
    (cd "$1" && shift && /usr/bin/porticoctl policy --check policy.json --json "$@" 2>/dev/null) |
        sed -n '/^  "settings": /,/^  \]/p' | sed 's|^\( *"value": "https\{0,1\}://[^/"]*\)/"|\1"|'
}

# compare_policy says whether somebody else's policy says what is wanted. What it
# says besides matters only where a whole policy is wanted.
compare_policy() {
    if [ ! -x /usr/bin/porticoctl ]; then # a dry run has not installed it
        say "would compare $policy, which this script did not write and leaves as it is"
        return
    fi
    set --
    [ -n "$new_policy" ] || set -- PortalURL
    [ -z "$autostart" ] || set -- "$@" Autostart
    is=$(said "${policy%/*}" "$@")
    if [ -n "$is" ] && [ "$is" = "$(said "$work" "$@")" ]; then
        say "$policy, which this script did not write, says so already"
        return
    fi
    fail 10 "$policy was not written by this script, or has been changed since, and says something else: it stays, and only the program is installed. Run this without --portal and --policy to leave the policy alone, or remove the file to have it written"
}

# check_modes looks whether people's Portico uses the policy that is there: a file that
# a strict umask has hidden from them, or that others may write, it does not.
check_modes() {
    case $(stat -L -c '%u %A' "${policy%/*}"),$(stat -L -c '%u %A' "$policy") in
    '0 d'????-??-[xt],'0 -'????-?r-?) ;;
    *) fail 9 "$policy says what is wanted, but Portico does not use it: file and folder have to belong to root, be readable for everybody and writable by nobody else (chown root: ${policy%/*} $policy; chmod 0755 ${policy%/*}; chmod 0644 $policy)" ;;
    esac
}

install_policy() {
    [ -n "$portal$new_policy" ] || return 0
    [ -z "$foreign" ] || compare_policy
    if [ -n "$foreign" ] || [ -z "$wanted" ]; then
        [ ! -e "$policy" ] || check_modes
        return
    fi
    if [ -n "$dry" ]; then
        say "would write $policy:"
        cat "$wanted"
        return
    fi
    if ! /usr/bin/porticoctl policy --check "$wanted" >"$work/output" 2>&1; then
        cat "$work/output" >&2
        fail 9 "the policy is wrong, as said above; $policy is as it was"
    fi
    mkdir -p "${policy%/*}"
    # Renamed into place, so that nobody ever reads half of it.
    cp "$wanted" "$policy.new"
    chown root:root "$policy.new"
    chmod 0644 "$policy.new"
    sha256sum <"$wanted" >"$stamp"
    mv -f "$policy.new" "$policy"
    say "$policy is written"
    changed=yes
}

read_options "$@"
check_options
[ "$(id -u)" -eq 0 ] || fail 3 "run this as root, as with sudo"
find_system
prepare_policy
find_package
check_package
changed=
install_package
install_policy
if [ -n "$dry" ]; then
    say "nothing was changed (--dry-run)"
elif [ -z "$changed" ]; then
    say "nothing to do"
else
    say "people find Portico in their menu, and in the tray from the next log-on"
fi
end 0
