#!/usr/bin/env bash
# Registers Portico in Microsoft Entra ID with the Azure CLI: a public client without
# a secret. It may be run again: it finds the registration, changes only what differs,
# and says what that was. What others have added there stays.
#
# The provider's lines for the manifest go to standard output, everything else to
# standard error. Needs az (signed in with "az login") and jq.
set -euo pipefail

usage() {
  cat <<'EOF'
Usage: register-app.sh [options]

  --name NAME              the registration's name (Portico)
  --app-id ID              the registration to change, instead of finding it by its name
  --multitenant            accounts of every organisation, not of this directory alone;
                           a registration that allows them already stays so without it
  --device-codes           also allow "porticoctl login --device" (public client flows)
  --consent-redirect URL   an https page where an administrator ends after consenting
  --assignment-required    only people and groups that are assigned may sign in
  --admin-consent          consent for everybody in this directory now
  --dry-run                say what would be changed, and change nothing
  --help                   this text

Exit codes: 0 done, 1 az refused something, 2 wrong usage or az or jq is missing.
EOF
}

say() { printf '%s\n' "$*" >&2; }
wrong() { say "register-app.sh: $*"; exit 2; }

name=Portico app_id='' audience='' device_codes=false consent_redirect='' assignment=false consent=false dry_run=false
while [ $# -gt 0 ]; do
  case $1 in
    --name | --app-id | --consent-redirect)
      [ $# -ge 2 ] || wrong "$1 needs a value"
      case $1 in
        --name) name=$2 ;;
        --app-id) app_id=$2 ;;
        --consent-redirect) consent_redirect=$2 ;;
      esac
      shift ;;
    --multitenant) audience=AzureADMultipleOrgs ;;
    --device-codes) device_codes=true ;;
    --assignment-required) assignment=true ;;
    --admin-consent) consent=true ;;
    --dry-run) dry_run=true ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; wrong "$1 is not an option" ;;
  esac
  shift
done
[[ $name =~ ^[A-Za-z0-9][A-Za-z0-9\ ._\(\)-]{0,119}$ ]] || wrong "--name is '$name'; letters, digits, blanks and ._()- are allowed"
[[ -z $app_id || $app_id =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ ]] || wrong "--app-id is '$app_id'; it has to be the Application (client) ID"
[[ -z $consent_redirect || $consent_redirect =~ ^https://[^[:space:]\"]+$ ]] || wrong "--consent-redirect is '$consent_redirect'; it has to be an https address"
for tool in az jq; do
  command -v "$tool" >/dev/null || wrong "$tool is not installed"
done

# What az says itself goes to standard error; the last line is ours.
ask() { az "$@" --output json || { say "register-app.sh: az $1 $2 failed; az said why above. Is this account signed in (az login) and allowed to register applications?"; exit 1; }; }

cloud=$(ask cloud show)
graph=$(jq -r .endpoints.microsoftGraphResourceId <<<"$cloud")
graph=${graph%/}
case $(jq -r .name <<<"$cloud") in
  AzureUSGovernment) preset=microsoft-entra-us-government login=https://login.microsoftonline.us ;;
  AzureChinaCloud) preset=microsoft-entra-china login=https://login.partner.microsoftonline.cn ;;
  *) preset=microsoft-entra login=https://login.microsoftonline.com ;;
esac
account=$(ask account show)
directory=$(jq -r .tenantId <<<"$account")
say "Directory $directory"

# What there is: an application as Microsoft Graph writes it, or null.
if [ -n "$app_id" ]; then
  before=$(ask ad app show --id "$app_id")
else
  # az compares the beginning of names only.
  listed=$(ask ad app list --display-name "$name")
  before=$(jq --arg name "$name" '[.[] | select(.displayName == $name)]' <<<"$listed")
  case $(jq length <<<"$before") in
    0) before=null ;;
    1) before=$(jq '.[0]' <<<"$before") ;;
    *) say "register-app.sh: several registrations are named $name; choose one with --app-id:"
       jq -r '.[] | "  " + .appId' <<<"$before" >&2
       exit 2 ;;
  esac
fi

# What there has to be. The ids are those of Microsoft Graph's delegated permissions
# openid, email, profile and offline_access. given_name is the one claim that Portico
# reads and that tokens of version 2 have only on request.
read -r -d '' wanted <<'EOF' || true
def graph: "00000003-0000-0000-c000-000000000000";
def permissions: ["37f7f235-527c-4136-accd-4a02d197296e", "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0", "14dad69e-099b-42c9-810b-d002981feec1", "7427e0e9-2fba-42fe-b0c0-848c9e6a8182"];
def plus($more): . + ($more - .);
(. // {}) as $app
| ($app.requiredResourceAccess // []) as $access
| ($access | map(select(.resourceAppId == graph)) | map(.resourceAccess) | add // []) as $granted
| ($app.optionalClaims // {}) as $claims
| {
    displayName: ($app.displayName // $name),
    signInAudience: (($app.signInAudience // "AzureADMyOrg") as $now | if $audience != "" and $now == "AzureADMyOrg" then $audience else $now end),
    isFallbackPublicClient: ($device_codes or ($app.isFallbackPublicClient // false)),
    publicClient: { redirectUris: (($app.publicClient.redirectUris // []) | plus(["http://localhost"])) },
    requiredResourceAccess: (($access | map(select(.resourceAppId != graph)))
      + [{ resourceAppId: graph, resourceAccess: ($granted + (permissions - [$granted[] | select(.type == "Scope").id] | map({ id: ., type: "Scope" }))) }]),
    optionalClaims: {
      idToken: (($claims.idToken // []) as $ids | if any($ids[]; .name == "given_name") then $ids else $ids + [{ name: "given_name", essential: false }] end),
      accessToken: ($claims.accessToken // []),
      saml2Token: ($claims.saml2Token // [])
    }
  }
| if $consent_redirect == "" then . else . + { web: { redirectUris: (($app.web.redirectUris // []) | plus([$consent_redirect])) } } end
EOF
after=$(jq --arg name "$name" --arg audience "$audience" --argjson device_codes "$device_codes" --arg consent_redirect "$consent_redirect" "$wanted" <<<"$before")

# Only what differs, in a form that does not mind order, null for false, and what
# Graph adds of its own.
read -r -d '' difference <<'EOF' || true
def tidy:
  if type == "array" then map(tidy) | sort
  elif type == "object" then with_entries(select(.value != null and .value != false and .value != [] and .value != {}) | .value |= tidy) | with_entries(select(.value != {}))
  else . end;
. as [$before, $after]
| $after | with_entries(.key as $key
    | select((.value | tidy) != (($before[$key] // {}) | if type == "object" then with_entries(select(.key as $k | ($after[$key] | type == "object" and has($k)))) else . end | tidy))
    | select([.value, $before[$key]] != [false, null]))
EOF
changes=$(jq -n --argjson before "$before" --argjson after "$after" '[$before // {}, $after]' | jq "$difference")

warn() { # FILTER SENTENCE: says the sentence when the filter is true of what there is
  [ "$(jq "$1" <<<"$before")" != true ] || say "Warning: $2"
}
warn '[.spa.redirectUris[]? | select(startswith("http://localhost") or startswith("http://127.0.0.1"))] | length > 0' \
  'a redirect to this computer is registered under "Single-page application": remove it there (AADSTS9002327).'
warn '[.web.redirectUris[]? | select(startswith("http://localhost") or startswith("http://127.0.0.1"))] | length > 0' \
  'a redirect to this computer is registered under "Web" too: Entra then demands a secret (AADSTS7000218). Remove it there.'
warn '(.passwordCredentials // []) | length > 0' 'there is a client secret. Portico needs none, and a public client must send none (AADSTS700025).'
warn '.web.implicitGrantSettings | . != null and (.enableIdTokenIssuance or .enableAccessTokenIssuance)' 'the implicit grant is on. Portico does not use it.'

send() { # METHOD URL JSON: what Graph answers
  local body status=0
  body=$(mktemp)
  printf '%s\n' "$3" >"$body"
  az rest --method "$1" --url "$2" --headers Content-Type=application/json --body "@$body" --output json || status=1
  rm -f "$body"
  [ "$status" -eq 0 ] || { say "register-app.sh: Microsoft Graph refused the change; az said why above."; exit 1; }
}

if [ "$before" = null ]; then
  say "New registration $name:"
  jq . <<<"$after" >&2
  app_id=11111111-1111-1111-1111-111111111111
  if ! $dry_run; then
    created=$(send post "$graph/v1.0/applications" "$after")
    app_id=$(jq -r .appId <<<"$created")
  fi
else
  app_id=$(jq -r .appId <<<"$before")
  if [ "$changes" = '{}' ]; then
    say "The registration $app_id is as it has to be."
  else
    say "Changes of the registration $app_id:"
    jq -r --argjson before "$before" 'to_entries[] | "  \(.key): \($before[.key] | tojson) -> \(.value | tojson)"' <<<"$changes" >&2
    $dry_run || send patch "$graph/v1.0/applications/$(jq -r .id <<<"$before")" "$changes" >/dev/null
  fi
fi

# The service principal is what people of this directory are assigned and consent to.
principal='[]'
[ "$before" = null ] || principal=$(ask ad sp list --filter "appId eq '$app_id'")
if [ "$(jq length <<<"$principal")" -eq 0 ]; then
  say "New enterprise application (service principal) for it"
  $dry_run || principal=$(ask ad sp create --id "$app_id" | jq '[.]')
fi
if $assignment && [ "$(jq '.[0].appRoleAssignmentRequired // false' <<<"$principal")" != true ]; then
  say 'Assignment required: on. Assign people or groups under Enterprise applications, or nobody can sign in (AADSTS50105).'
  $dry_run || ask ad sp update --id "$app_id" --set appRoleAssignmentRequired=true >/dev/null
fi
if $consent; then
  say 'Consent for everybody in this directory'
  $dry_run || ask ad app permission admin-consent --id "$app_id" >/dev/null
fi
if $dry_run; then
  say 'Nothing was changed (--dry-run).'
  [ "$before" != null ] || say "The client id $app_id below stands for the one that the registration will have."
fi

tenant=$directory
[ "$(jq -r .signInAudience <<<"$after")" = AzureADMyOrg ] || tenant=organizations
redirect=${consent_redirect:-http://localhost}
link="$login/$tenant/v2.0/adminconsent?client_id=$app_id&redirect_uri=$(jq -rn --arg u "$redirect" '$u | @uri')&scope=openid+email+profile+offline_access&state=consent"
say "Link for an administrator who consents for everybody:"
say "$link"
say "For the manifest, in \"providers\":"
jq -n --arg preset "$preset" --arg tenant "$tenant" --arg id "$app_id" --arg redirect "$consent_redirect" \
  '{ id: "m365", preset: $preset, tenant: $tenant, client_id: $id } + if $redirect == "" then {} else { consent_redirect: $redirect } end'
