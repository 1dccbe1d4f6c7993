// What signs in with MSAL Node. It keeps its cache in a file, which is quicker than
// a key store.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { ProtocolMode, PublicClientApplication } from '@azure/msal-node';

const file = process.env.PEER_STORE;
const issuer = process.env.PEER_ISSUER;
const scopes = ['openid', 'email', 'profile', 'offline_access'];

const app = new PublicClientApplication({
  auth: { clientId: 'portico', authority: issuer, knownAuthorities: [new URL(issuer).host] },
  system: { protocolMode: ProtocolMode.OIDC },
  cache: {
    cachePlugin: {
      beforeCacheAccess: async (context) => existsSync(file) && context.tokenCache.deserialize(readFileSync(file, 'utf8')),
      afterCacheAccess: async (context) => context.cacheHasChanged && writeFileSync(file, context.tokenCache.serialize(), { mode: 0o600 }),
    },
  },
});

switch (process.argv[2]) {
  case 'seed':
    await app.acquireTokenByRefreshToken({ refreshToken: readFileSync(0, 'utf8'), scopes, forceCache: true });
    break;
  case 'silent': {
    const [account] = await app.getTokenCache().getAllAccounts();
    await app.acquireTokenSilent({ account, scopes, forceRefresh: true });
    break;
  }
  case 'login':
    await app.acquireTokenInteractive({ scopes, openBrowser: async (address) => console.log(address) });
    break;
}
process.exit();
