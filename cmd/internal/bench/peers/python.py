# What signs in silently with MSAL Python. It keeps its cache in a file, which is
# quicker than a key store.
import os
import sys

import msal

store, scopes = os.environ["PEER_STORE"], ["email"]
cache = msal.SerializableTokenCache()
if os.path.exists(store):
    with open(store) as file:
        cache.deserialize(file.read())
app = msal.PublicClientApplication(
    "portico", authority=os.environ["PEER_ISSUER"] + "/tenant", validate_authority=False, token_cache=cache)
if sys.argv[1] == "seed":
    result = app.acquire_token_by_refresh_token(sys.stdin.read(), scopes)
else:
    result = app.acquire_token_silent_with_error(scopes, app.get_accounts()[0], force_refresh=True)
if not result or "access_token" not in result:
    sys.exit("no token: %s" % ((result or {}).get("error_description") or "nothing is kept"))
with open(os.open(store, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
    file.write(cache.serialize())
