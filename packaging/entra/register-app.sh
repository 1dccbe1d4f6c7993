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
# shown TEXT: the text without what can be a password, before an @, or a key, after the ? of an address.
shown() {
  local text=$1 before=''
  case $text in *\'*@*) before=${text%%\'*}\' ;; esac
  case $text in *@*) text="$before***@${text##*@}" ;; esac
  [[ ! $text =~ ^([^?]*\?)[^[:space:]\']+(.*)$ ]] || text="${BASH_REMATCH[1]}***${BASH_REMATCH[2]}"
  printf '%s' "$text"
}
wrong() { say "register-app.sh: $(shown "$*")"; exit 2; }
# What there is to know after a failure: the registration that is there by then.
registered=''
there() { registered=" The registration $1 is there; to go on: register-app.sh --app-id $1, with the other options as before."; }
fail() { say "register-app.sh: $(shown "$*")$registered"; exit 1; }

name=Portico app_id='' audience='' device_codes=false consent_redirect='' assignment=false consent=false dry_run=false
while [ $# -gt 0 ]; do
  case $1 in
    --name | --app-id | --consent-redirect)
      [ -n "${2:-}" ] || wrong "$1 needs a value"
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
is_id() { [[ $1 =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ && $1 =~ [^0-] ]]; }
[ -z "$app_id" ] || is_id "$app_id" || wrong "--app-id is '$app_id'; it has to be the Application (client) ID"
# Not repeated: somebody could have put a password into it.
page='^https://([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?([/?]([A-Za-z0-9._~!$&()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$'
[[ -z $consent_redirect || $consent_redirect =~ $page ]] ||
  wrong "--consent-redirect has to be an https address without a person's name and without #, such as https://portal.example.com/thanks"
for tool in az jq; do
  command -v "$tool" >/dev/null || wrong "$tool is not installed"
done

# answer TYPE TEXT WHAT [ID]: prints what az answered, if it is one JSON value of that type
# (an array of objects), no error, and of the registration ID alone. az has ended with 0 and said nothing before.
# The type any takes nothing as well.
answer() {
  local wrong='' type=$1
  if [ "$type" = any ]; then
    [[ $2 =~ [^[:space:]] ]] || return 0
    type=object
  fi
  if [ "$(jq -r 'if type == "array" and any(.[]; type != "object") then "list" else type end' <<<"$2" 2>/dev/null)" != "$type" ]; then
    wrong="is no JSON $type"
  elif [ "$(jq '[if type == "array" then .[] else . end | objects | select(.error != null)] | length' <<<"$2")" -ne 0 ]; then
    wrong='is an error'
  elif [ -n "${4:-}" ] && [ "$(jq --arg id "$4" 'if type == "array" then . else [.] end | all(.[]; ((.appId? // "") | tostring | ascii_downcase) == ($id | ascii_downcase))' <<<"$2")" != true ]; then
    wrong="is not about $4"
  fi
  [ -z "$wrong" ] || fail "$3 ended well, but its answer $wrong. Try again; az upgrade renews az."
  printf '%s\n' "$2"
}

# ask TYPE WORD...: what az answers, about $about alone. What az says itself goes to
# standard error; the last line is ours.
about=''
ask() {
  local type=$1 text
  shift
  text=$(az "$@" --output json) ||
    fail "az $1 $2 failed; az said why above. Is this account signed in (az login) and allowed to register applications?"
  answer "$type" "$text" "az $1 $2" "$about"
}

# text FILTER JSON: a text in it, nothing where there is none.
text() { jq -r "($1)? | strings" <<<"$2"; }

cloud=$(ask object cloud show)
graph=$(text .endpoints.microsoftGraphResourceId "$cloud")
graph=${graph%/}
case $graph in
  https://graph.microsoft.com) preset=microsoft-entra login=https://login.microsoftonline.com ;;
  https://graph.microsoft.us | https://dod-graph.microsoft.us) preset=microsoft-entra-us-government login=https://login.microsoftonline.us ;;
  https://microsoftgraph.chinacloudapi.cn) preset=microsoft-entra-china login=https://login.partner.microsoftonline.cn ;;
  *) fail "az is set to the cloud '$(text .name "$cloud")', whose Microsoft Graph is '$graph'; Portico knows none there. az cloud set --name AzureCloud chooses another one." ;;
esac
account=$(ask object account show)
directory=$(text .tenantId "$account")
is_id "$directory" || fail "az is signed in, but its account names no directory; sign in to one: az login --tenant DIRECTORY --allow-no-subscriptions"
say "Directory $directory"

# What there is: an application as Microsoft Graph writes it, or null.
if [ -n "$app_id" ]; then
  before=$(about=$app_id && ask object ad app show --id "$app_id")
else
  # az compares the beginning of names only.
  listed=$(ask array ad app list --display-name "$name")
  before=$(jq --arg name "$name" '[.[] | objects | select(.displayName == $name)]' <<<"$listed")
  case $(jq length <<<"$before") in
    0) before=null ;;
    1) before=$(jq '.[0]' <<<"$before") ;;
    *) say "register-app.sh: several registrations are named $name; choose one with --app-id:"
       jq -r '.[] | "  " + .appId' <<<"$before" >&2
       exit 2 ;;
  esac
fi

if [ "$before" != null ]; then
  app_id=$(text .appId "$before")
  object_id=$(text .id "$before")
  { is_id "$app_id" && is_id "$object_id" && [[ $(text .signInAudience "$before") =~ ^AzureAD(MyOrg|MultipleOrgs|andPersonalMicrosoftAccount)$ ]]; } ||
    fail "az's answer about the registration $name lacks its ids, or a signInAudience with accounts of organisations. Try again; az upgrade renews az."
  there "$app_id"
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
  local body text status=0
  body=$(mktemp)
  printf '%s\n' "$3" >"$body"
  text=$(az rest --method "$1" --url "$2" --headers Content-Type=application/json --body "@$body" --output json) || status=1
  rm -f "$body"
  [ "$status" -eq 0 ] || fail "Microsoft Graph refused the change; az said why above."
  # To a change Microsoft Graph answers nothing.
  if [ "$1" = patch ]; then answer any "$text" "az rest"; else answer object "$text" "az rest"; fi
}

principal='[]'
if [ "$before" = null ]; then
  say "New registration $name:"
  jq . <<<"$after" >&2
  if ! $dry_run; then
    registered=" Look in the Entra admin centre whether there is a registration named $name by now, before this is run again."
    created=$(send post "$graph/v1.0/applications" "$after")
    app_id=$(text .appId "$created")
    is_id "$app_id" || fail "Microsoft Graph took the registration and did not say its id."
    there "$app_id"
  fi
else
  if [ "$changes" = '{}' ]; then
    say "The registration $app_id is as it has to be."
  else
    say "Changes of the registration $app_id:"
    jq -r --argjson before "$before" 'to_entries[] | "  \(.key): \($before[.key] | tojson) -> \(.value | tojson)"' <<<"$changes" >&2
    $dry_run || send patch "$graph/v1.0/applications/$object_id" "$changes" >/dev/null
  fi
fi
[ "$before" = null ] || principal=$(about=$app_id && ask array ad sp list --filter "appId eq '$app_id'")

# The service principal is what people of this directory are assigned and consent to.
if [ "$(jq length <<<"$principal")" -eq 0 ]; then
  say "New enterprise application (service principal) for it"
  if ! $dry_run; then
    created=$(about=$app_id && ask object ad sp create --id "$app_id")
    principal="[$created]"
  fi
fi
if $assignment && [ "$(jq '.[0].appRoleAssignmentRequired // false' <<<"$principal")" != true ]; then
  say 'Assignment required: on. Assign people or groups under Enterprise applications, or nobody can sign in (AADSTS50105).'
  $dry_run || ask any ad sp update --id "$app_id" --set appRoleAssignmentRequired=true >/dev/null
fi
if $consent; then
  say 'Consent for everybody in this directory'
  $dry_run || ask any ad app permission admin-consent --id "$app_id" >/dev/null
fi
if $dry_run; then
  say 'Nothing was changed (--dry-run).'
  if [ "$before" = null ]; then
    say "The link for an administrator and the lines for the manifest need the registration's id: they come when it is there."
    exit 0
  fi
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
