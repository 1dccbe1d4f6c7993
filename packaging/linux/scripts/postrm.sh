#!/bin/sh
# What dpkg does not know of: the policy is the administrator's file. It stays when
# the package is upgraded or removed, and goes when it is purged. Nothing is ever
# started or ended here; the menus and icons are renewed by their own triggers.
set -e

if [ "$1" = purge ]; then
    rm -f /etc/portico/policy.json /etc/portico/.installed-policy
    # Whatever else an administrator has put there stays, and the folder with it.
    [ ! -d /etc/portico ] || rmdir --ignore-fail-on-non-empty /etc/portico
fi
