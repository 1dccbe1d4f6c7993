#!/usr/bin/env bash
# Signs packages for Linux, and lists of checksums, with OpenPGP.
#
#   sign.sh FILE...          an rpm gets its signature inside, where rpm and dnf look for
#                            it; of every other file the signature is FILE.asc beside it
#   sign.sh --public FILE    writes the public key, for "rpm --import" and "gpg --import"
#
# A deb has none inside: neither apt nor dpkg looks for one in a package. apt trusts
# the signature of a repository, and who installs a file by hand has FILE.asc.
#
# Says so and does nothing where PORTICO_GPG_KEY is not set. Otherwise:
#
#   PORTICO_GPG_KEY            file with the secret key, or the fingerprint of one that
#                              GnuPG has already (in its agent, a token or a card)
#   PORTICO_GPG_PASSWORD_FILE  file with the key's password; none by default
#
# A key from a file is kept in a folder of its own and goes with it at the end.
set -euo pipefail

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

public=
if [ "${1:-}" = --public ]; then
  public=yes
  shift
fi
[ $# -gt 0 ] || die "usage: sign.sh FILE... | --public FILE"
if [ -z "${PORTICO_GPG_KEY:-}" ]; then
  echo "not signed, since PORTICO_GPG_KEY is not set: ${*##*/}" >&2
  exit 0
fi
command -v gpg >/dev/null || die "gpg is missing; on Debian it is in gnupg"

how=(--batch --no-tty --pinentry-mode loopback)
if [ -n "${PORTICO_GPG_PASSWORD_FILE:-}" ]; then
  [ -r "$PORTICO_GPG_PASSWORD_FILE" ] || die "the password file $PORTICO_GPG_PASSWORD_FILE cannot be read"
  how+=(--passphrase-file "$PORTICO_GPG_PASSWORD_FILE")
fi
id=$PORTICO_GPG_KEY
if [ -f "$PORTICO_GPG_KEY" ]; then
  GNUPGHOME=$(mktemp -d)
  export GNUPGHOME
  trap 'gpgconf --kill all >/dev/null 2>&1 || true; rm -rf "$GNUPGHOME"' EXIT
  gpg "${how[@]}" --quiet --import "$PORTICO_GPG_KEY" || die "$PORTICO_GPG_KEY is no key that gpg can read"
  id=$(gpg --batch --with-colons --list-secret-keys | awk -F: '$1 == "fpr" { print $10; exit }')
  [ -n "$id" ] || die "$PORTICO_GPG_KEY holds no secret key"
fi
# Where a space or a sign of rpm's macros could hide, nothing does.
[[ $id =~ ^[0-9A-Fa-f]{40}$ ]] || die "PORTICO_GPG_KEY is neither a file nor a fingerprint of 40 hexadecimal digits"

if [ -n "$public" ]; then
  gpg --batch --armor --export "$id" >"$1"
  exit 0
fi
for file in "$@"; do
  [ -f "$file" ] || die "$file is not there"
  case $file in
  *.rpm)
    command -v rpmsign >/dev/null || die "rpmsign is missing; on Debian it is in rpm"
    # A copy is signed: a signature that failed leaves the package as it was.
    signed=$(mktemp "$(dirname "$file")/signing.XXXXXX")
    cp "$file" "$signed"
    rpmsign --define "__gpg $(command -v gpg)" --define "_gpg_name $id" --define "_gpg_path ${GNUPGHOME:-$HOME/.gnupg}" \
      --define "_gpg_sign_cmd_extra_args ${how[*]}" --addsign "$signed" >&2 || {
      rm -f "$signed"
      die "$file was not signed; rpmsign says why above"
    }
    chmod --reference="$file" "$signed"
    mv "$signed" "$file"
    ;;
  *)
    rm -f "$file.asc"
    gpg "${how[@]}" --local-user "$id" --armor --detach-sign --output "$file.asc" "$file" || die "$file was not signed; gpg says why above"
    ;;
  esac
done
