// An OpenID provider for tests: oidc-provider on a free loopback port, with
// Portico registered as a public native client.
//
// It speaks with the test in lines of JSON. First it writes
//   {"issuer": "http://127.0.0.1:PORT", "address": "http://127.0.0.1:PORT"}
// and then answers each line {"id": 1, "do": NAME, "with": VALUE} on standard
// input with {"id": 1, "result": …} or {"id": 1, "error": "…"}. It ends when standard
// input does, so that it never outlives its test.
//
// With an argument that is its issuer: the address of a proxy that the test puts
// in front of it, and that passes on the Host header.
//
// PROVIDER_OPTIONS in the environment is JSON: par ("offered", "required"), dpop
// ("offered", "nonce"), auth (the client's authentication method), secret, second (id and
// secret of one more client, which is not public), resources (the APIs that access tokens
// are for, RFC 8707, and the scopes of each), and host (the name in the issuer, for
// who comes through a proxy that knows it). By default there are no pushed requests, no
// DPoP, no resources, and the only client is public.
//
// PROVIDER_CERTIFICATE and PROVIDER_KEY name PEM files; with them it speaks https.
//
// Its metadata is also where Entra has it, below a tenant and a version, for clients
// that look nowhere else.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { createServer as createTLSServer } from 'node:https';
import { createInterface } from 'node:readline';
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';

import { errors, Provider } from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';

import { Storage } from './storage.mjs';

const people = new Map([
  ['ada', { email: 'ada@contoso.example', email_verified: true, name: 'Ada Lovelace', given_name: 'Ada' }],
  ['grace', { email: 'grace@contoso.example', email_verified: true, name: 'Grace Hopper', given_name: 'Grace' }],
]);

const storage = new Storage();

// One memory for every Provider object: they change when keys rotate.
class Adapter extends MemoryAdapter {
  constructor(model) {
    super(model, storage);
  }
}

const requests = new Map();
const nonceSecret = randomBytes(32);
const cookieKeys = [randomBytes(32).toString('hex')];
const options = JSON.parse(process.env.PROVIDER_OPTIONS || '{}');
let clientKeys = []; // of private_key_jwt
let keys = [newKey()];
let tokenDelay = 0; // milliseconds before a token request is looked at
let handle; // of the provider with the present keys

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };
}

function provider(issuer) {
  return new Provider(issuer, {
    adapter: Adapter,
    clients: [{
      client_id: 'portico',
      application_type: 'native',
      token_endpoint_auth_method: options.auth ?? 'none',
      ...(options.secret && { client_secret: options.secret }),
      ...(options.auth === 'private_key_jwt' && { jwks: { keys: clientKeys } }),
      dpop_bound_access_tokens: Boolean(options.dpop),
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/', 'http://127.0.0.1', 'http://localhost/', 'http://localhost'],
      post_logout_redirect_uris: [],
    }, ...(options.second ? [{
      client_id: options.second.id,
      client_secret: options.second.secret,
      application_type: 'native',
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/'],
    }] : [])],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'given_name'] },
    // Names and addresses are in the ID token itself, as work accounts have it.
    conformIdTokenClaims: false,
    cookies: { keys: cookieKeys },
    features: {
      deviceFlow: { enabled: true },
      dPoP: {
        enabled: Boolean(options.dpop),
        nonceSecret: nonceSecret,
        requireNonce: () => options.dpop === 'nonce',
      },
      devInteractions: { enabled: true },
      introspection: { enabled: false },
      pushedAuthorizationRequests: {
        enabled: Boolean(options.par),
        requirePushedAuthorizationRequests: options.par === 'required',
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        // Without a resource an access token is for the userinfo endpoint, as most want it.
        useGrantedResource: () => false,
        getResourceServerInfo: (_ctx, resource) => {
          if (!Object.hasOwn(options.resources ?? {}, resource)) {
            throw new errors.InvalidTarget();
          }
          return { scope: options.resources[resource], audience: resource, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
        },
      },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    async findAccount(_ctx, sub) {
      // Of whom there have to be many: ada@7 is Ada with the address ada7@contoso.example.
      const [name, number = ''] = sub.split('@');
      const person = people.get(name);
      const email = `${name}${number}@contoso.example`;
      return person && { accountId: sub, claims: async () => ({ sub, ...person, email }) };
    },
    // Without prompt=consent the specification lets a provider drop
    // offline_access (OpenID Connect Core, section 11), and this one does; a
    // native app that may refresh gets its refresh token all the same.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    jwks: { keys },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    ttl: { AccessToken: 300, AuthorizationCode: 60, DeviceCode: 300, Grant: 86400, IdToken: 300, Interaction: 600, RefreshToken: 86400, Session: 86400 },
  }).callback();
}

const tls = process.env.PROVIDER_CERTIFICATE && {
  cert: readFileSync(process.env.PROVIDER_CERTIFICATE),
  key: readFileSync(process.env.PROVIDER_KEY),
};

function serve(req, res) {
  const { pathname } = new URL(req.url, 'http://127.0.0.1');
  const path = pathname.startsWith('/interaction/') ? '/interaction' : pathname;
  requests.set(path, (requests.get(path) ?? 0) + 1);
  if (path === '/tenant/v2.0/.well-known/openid-configuration') {
    req.url = '/.well-known/openid-configuration';
  }
  if (path === '/token' && tokenDelay > 0) {
    setTimeout(handle, tokenDelay, req, res);
  } else {
    handle(req, res);
  }
}

const server = tls ? createTLSServer(tls, serve) : createPlainServer(serve);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
const issuer = process.argv[2] ?? address.replace('127.0.0.1', options.host ?? '127.0.0.1');
handle = provider(issuer);
console.log(JSON.stringify({ issuer, address }));

const commands = {
  // How often each path was asked for since the start.
  requests: () => Object.fromEntries(requests),
  // Signs with a new key; the one before stays published.
  'rotate-keys': () => {
    keys = [newKey(), keys[0]];
    handle = provider(issuer);
    return null;
  },
  // Registers the keys with which the client signs its assertions.
  'client-keys': (jwks) => {
    clientKeys = jwks;
    handle = provider(issuer);
    return null;
  },
  // Lets token requests wait, as those to a provider far away do.
  'delay-tokens': (milliseconds) => {
    tokenDelay = milliseconds;
    return null;
  },
  // Ends every sign-in: refresh tokens are refused with invalid_grant.
  'revoke-all': () => {
    storage.revokeAll();
    return null;
  },
  // What is alive: refresh tokens that still work, browsers that are signed in.
  alive: () => ({
    grants: storage.all('RefreshToken').filter((token) => !token.consumed).length,
    sessions: storage.all('Session').filter((session) => session.accountId).length,
  }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: name, with: value } = JSON.parse(line);
  try {
    if (!Object.hasOwn(commands, name)) {
      throw new Error(`no command ${name}`);
    }
    console.log(JSON.stringify({ id, result: commands[name](value) }));
  } catch (err) {
    console.log(JSON.stringify({ id, error: String(err.message) }));
  }
}
server.closeAllConnections();
server.close();
