#!/bin/sh
# What dpkg does not know of: the policy is the administrator's file. It stays when
# the package is upgraded or removed, and goes when it is purged. Nothing is ever
# started or ended here; the menus and icons are renewed by their own triggers.
set -e
# Whoever calls this as root may have other people's folders in these.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
unset TMPDIR

if [ "$1" = purge ]; then
    rm -f /etc/portico/policy.json /etc/portico/.installed-policy
    # What "systemctl --global enable" and "mask" have made. A file of an
    # administrator's own is none of these links, and stays.
    for link in /etc/systemd/user/portico-agent.service \
        /etc/systemd/user/*.wants/portico-agent.service \
        /etc/systemd/user/*.requires/portico-agent.service; do
        [ ! -L "$link" ] || rm -f "$link"
    done
    # Whatever else an administrator has put there stays, and the folder with it.
    [ ! -d /etc/portico ] || rmdir --ignore-fail-on-non-empty /etc/portico
fi
