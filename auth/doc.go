// Package auth signs a person in to a desktop program with an OpenID provider:
// authorization code with PKCE in the person's own browser, the redirect caught
// on loopback, the refresh token in the operating system's key store.
//
// Two calls are what most programs need:
//
//	client, err := auth.New(auth.Params{Provider: p, Store: vault.New(...), Dir: dir})
//	signIn, err := client.Begin(ctx, auth.BeginOptions{})   // bound and listening
//	open(signIn.URL())                                      // in the system browser
//	tokens, err := signIn.Wait(ctx)
//
// and, at every later start,
//
//	tokens, err := client.Refresh(ctx, accountID)           // one request, no browser
//
// The engine follows RFC 8252 (native apps), RFC 7636 (PKCE), RFC 9700 (OAuth
// security practice), RFC 9207 (issuer in the response), OpenID Connect Core
// 1.0, RP-Initiated Logout 1.0, RFC 7009 (revocation) and RFC 8628 (device
// grant). It never embeds a browser, never sees a password, and never sends a
// request over http to anything but this computer.
//
// Errors are typed, because callers branch on them: [UnavailableError] passes
// by itself and never costs a sign-in, [ProviderError] is the provider's own
// answer, [TrustError] means that an answer failed a check and nothing of it was
// used, [ConfigError] and [ClockError] are somebody's to mend, and the vault's
// own errors say what is wrong with the key store.
//
// It knows no user interface and no portal, and imports nothing of this module
// outside its own folder.
package auth
