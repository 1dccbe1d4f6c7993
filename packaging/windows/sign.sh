#!/usr/bin/env bash
# Signs Windows programs and packages in place (Authenticode, SHA-256).
#
#   sign.sh FILE...
#
# Says so and does nothing where PORTICO_SIGN_CERT is not set. Otherwise:
#
#   PORTICO_SIGN_CERT           PEM file: the certificate and what is between it and its root
#   PORTICO_SIGN_KEY            PEM file of the private key, or its PKCS#11 address (pkcs11:…)
#   PORTICO_SIGN_PASSWORD_FILE  file with the key's password or the token's PIN; none by default
#   PORTICO_SIGN_PKCS11_MODULE  the token's library, where the key is in a token or HSM
#   PORTICO_SIGN_PKCS11_ENGINE  OpenSSL's PKCS#11 engine, where it has to be named
#   PORTICO_SIGN_TIMESTAMP_URL  RFC 3161 service; without it a signature ends with the certificate
#
# The secrets are in files, so that no process list and no environment has them.
set -euo pipefail
# shellcheck source=packaging/windows/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -gt 0 ] || die "usage: sign.sh FILE..."
if [ -z "${PORTICO_SIGN_CERT:-}" ]; then
  echo "not signed, since PORTICO_SIGN_CERT is not set: ${*##*/}" >&2
  exit 0
fi
need_tools osslsigncode
[ -n "${PORTICO_SIGN_KEY:-}" ] || die "PORTICO_SIGN_KEY has to name the key of $PORTICO_SIGN_CERT"
[ -r "$PORTICO_SIGN_CERT" ] || die "the certificate $PORTICO_SIGN_CERT cannot be read"

how=(-certs "$PORTICO_SIGN_CERT" -key "$PORTICO_SIGN_KEY" -h sha256 -n Portico -i "$(fact Website)")
[ -z "${PORTICO_SIGN_PASSWORD_FILE:-}" ] || how+=(-readpass "$PORTICO_SIGN_PASSWORD_FILE")
[ -z "${PORTICO_SIGN_PKCS11_MODULE:-}" ] || how+=(-pkcs11module "$PORTICO_SIGN_PKCS11_MODULE")
[ -z "${PORTICO_SIGN_PKCS11_ENGINE:-}" ] || how+=(-pkcs11engine "$PORTICO_SIGN_PKCS11_ENGINE")
if [ -n "${PORTICO_SIGN_TIMESTAMP_URL:-}" ]; then
  how+=(-ts "$PORTICO_SIGN_TIMESTAMP_URL")
elif [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
  how+=(-time "$SOURCE_DATE_EPOCH") # the same bytes again, as for everything else
fi

for file in "$@"; do
  [ -f "$file" ] || die "$file is not there"
  signed=$(mktemp "$(dirname "$file")/signing.XXXXXX")
  rm "$signed" # osslsigncode writes no file that exists
  osslsigncode sign "${how[@]}" -in "$file" -out "$signed" >&2 || {
    rm -f "$signed"
    die "$file was not signed; osslsigncode says why above"
  }
  chmod --reference="$file" "$signed"
  mv "$signed" "$file"
done
