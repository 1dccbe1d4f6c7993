#!/bin/sh
# Removes Portico from this computer. For RMM tools and scripts: asks nothing, and
# does nothing twice.
#
#   ./uninstall.sh [--purge] [--remove-user-data]
#
#   --purge             the policy as well (/etc/portico), and where systemd starts
#                       it at log-on
#   --remove-user-data  the people's settings, caches and logs as well
#   --wait SECONDS      for a busy package manager; default 300
#   --dry-run           say what would be done, and do nothing
#   --help              this text
#
# What people have signed in with lies in their own key stores, which only they can
# open: it stays, and is said. "porticoctl forget", run by the person before,
# removes it.
#
# Ends with one of these:
#   0  removed, or there was nothing to do
#   1  something unexpected failed
#   2  an option is wrong; nothing was changed
#   3  not root; nothing was changed
#   4  this system is not supported; nothing was changed
#   7  the package manager stayed busy; nothing was changed
#   8  the package manager failed; its output says why
set -eu
LC_ALL=C
export LC_ALL
# Whoever calls this as root may have other people's folders in these.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
TMPDIR=/tmp
export PATH TMPDIR

say() { printf 'uninstall.sh: %s\n' "$*"; }
fail() {
    code=$1
    shift
    printf 'uninstall.sh: %s\n' "$*" >&2
    end "$code"
}
usage() { sed -n '/^#!/d; /^[^#]/q; s/^# \{0,1\}//p' "$0"; }

output=
ending=
end() {
    ending=yes
    exit "$1"
}
# at_exit turns what set -e ends with, which may be any number, into 1.
# shellcheck disable=SC2317 # the trap below calls it
at_exit() {
    [ -z "$output" ] || rm -f "$output"
    [ -n "$ending" ] || fail 1 "something unexpected failed, as said above"
}
trap at_exit EXIT
trap 'fail 1 "interrupted"' HUP INT TERM

purge=
data=
dry=
wait=300
while [ $# -gt 0 ]; do
    case $1 in
    --purge) purge=yes ;;
    --remove-user-data) data=yes ;;
    --dry-run) dry=yes ;;
    --help | -h) usage && end 0 ;;
    --wait)
        [ $# -ge 2 ] || fail 2 "--wait needs a value"
        case $2 in '' | *[!0-9]*) fail 2 "--wait: $2 is not a number of seconds" ;; esac
        wait=$2
        shift
        ;;
    *) fail 2 "$1 is not an option; --help lists them" ;;
    esac
    shift
done
[ "$(id -u)" -eq 0 ] || fail 3 "run this as root, as with sudo"
if command -v apt-get >/dev/null && command -v dpkg >/dev/null; then
    system=deb
elif command -v rpm >/dev/null; then
    system=rpm
else
    fail 4 "neither apt nor rpm is here"
fi

output=$(mktemp)
changed=
failed=

# state is installed, config-files (Debian: removed, not purged) or nothing.
state() {
    if [ $system = deb ]; then
        # shellcheck disable=SC2016 # dpkg's own variable
        dpkg-query --show --showformat='${db:Status-Status}' portico 2>/dev/null | sed '/^not-installed$/d' || true
    else
        ! rpm --query --quiet portico || echo installed
    fi
}

# busy says whether the package manager's output is about a lock.
busy() { grep -Eq 'Could not get lock|Unable to acquire the dpkg|frontend lock|transaction lock' "$output"; }

remove_package() {
    case $(state),$purge in
    ,* | config-files,) return ;;
    esac
    if [ -n "$dry" ]; then
        say "would remove the package portico${purge:+, and the policy}"
        return
    fi
    if [ $system = deb ]; then
        action=remove
        [ -z "$purge" ] || action=purge
        set -- env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get --yes --quiet -o "DPkg::Lock::Timeout=$wait" "$action" portico
    else
        # Not by dnf or zypper, which would remove what others have come to need.
        set -- timeout "$wait" rpm --erase portico
    fi
    "$@" </dev/null >"$output" 2>&1 || {
        code=$?
        cat "$output" >&2
        if busy || [ "$code" -eq 124 ]; then
            fail 7 "the package manager was busy for $wait seconds"
        fi
        fail 8 "the package portico could not be removed"
    }
    say "the package portico is removed"
    changed=yes
    end_agents
}

# end_agents asks what runs of Portico to end: a program whose files are gone would
# stay in the tray until its person logs off.
end_agents() {
    for process in /proc/[0-9]*; do
        case $(readlink "$process/exe" 2>/dev/null) in
        '/usr/bin/portico (deleted)' | '/usr/bin/portico-agent (deleted)')
            kill "${process#/proc/}" 2>/dev/null || true
            ;;
        esac
    done
}

remove_policy() {
    [ -n "$purge" ] || return 0
    # The links are what "systemctl --global enable" and "mask" have made. One to a unit
    # that is gone does nothing, and would count again with the next installation.
    for file in /etc/portico/policy.json /etc/portico/.installed-policy /etc/systemd/user/portico-agent.service \
        /etc/systemd/user/*.wants/portico-agent.service /etc/systemd/user/*.requires/portico-agent.service; do
        case $file in
        /etc/systemd/*) [ -L "$file" ] || continue ;;
        *) [ -e "$file" ] || continue ;;
        esac
        if [ -n "$dry" ]; then
            say "would remove $file"
            continue
        fi
        rm -f "$file"
        say "$file is removed"
        changed=yes
    done
    [ -n "$dry" ] || [ ! -d /etc/portico ] || rmdir /etc/portico 2>/dev/null || say "/etc/portico has files of others, and stays"
}

# people lists user and home, of those who are known here or have a home here.
people() {
    {
        getent passwd | awk -F: '$3 >= 1000 && $3 < 65534 { print $1 ":" $6 }'
        for home in /home/*; do
            [ ! -d "$home" ] || printf '%s:%s\n' "$(stat -c %U "$home")" "$home"
        done
    } | grep -v '^UNKNOWN:' | sort -u
}

# below_home is where Portico writes, without what people have moved elsewhere by
# the variables of the XDG base directories.
below_home='.local/share/portico .cache/portico .cache/portico-run .local/state/portico
.config/fyne/io.github.portico_desktop.Portico .cache/fyne/io.github.portico_desktop.Portico
.config/autostart/io.github.portico_desktop.Portico.desktop'

user_data() {
    people >"$output"
    found=
    while IFS=: read -r user home; do
        for folder in $below_home; do
            path=$home/$folder
            # As the person: whatever they have linked to elsewhere is theirs alone to
            # delete, and homes on the network may not let root in.
            runuser -u "$user" -- test -e "$path" </dev/null 2>/dev/null || continue
            found=yes
            if [ -z "$data" ]; then
                say "stays: $path ($user)"
            elif [ -n "$dry" ]; then
                say "would remove $path ($user)"
            elif runuser -u "$user" -- rm -rf -- "$path" </dev/null; then
                say "removed: $path ($user)"
                changed=yes
            else
                say "could not be removed: $path ($user)"
                failed=yes
            fi
        done
    done <"$output"
    [ -z "$found" ] || [ -n "$data" ] || say "--remove-user-data removes what stays of the people"
}

had=$(state)
remove_package
remove_policy
user_data
[ -n "$purge" ] || [ ! -e /etc/portico/policy.json ] || say "stays: /etc/portico/policy.json; --purge removes it"
[ -z "$had" ] || say "stays: sign-ins in people's key stores, which only they can open"
if [ -n "$dry" ]; then
    say "nothing was changed (--dry-run)"
elif [ -z "$changed" ]; then
    say "nothing to do"
fi
[ -z "$failed" ] || fail 1 "some of the people's data could not be removed, as said above"
end 0
