// What signs in silently with openid-client. It keeps its token in a file, which is
// quicker than a key store.

import { readFileSync, writeFileSync } from 'node:fs';

import { None, discovery, refreshTokenGrant } from 'openid-client';

const file = process.env.PEER_STORE;
const keep = (token) => writeFileSync(file, token, { mode: 0o600 });

if (process.argv[2] === 'seed') {
  keep(readFileSync(0, 'utf8'));
} else {
  const config = await discovery(new URL(process.env.PEER_ISSUER), 'portico', undefined, None());
  const tokens = await refreshTokenGrant(config, readFileSync(file, 'utf8'));
  keep(tokens.refresh_token);
}
process.exit();
