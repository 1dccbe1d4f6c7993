// Package auth signs a person in to a desktop program with an OpenID provider:
// authorization code with PKCE in the person's own browser, the redirect caught
// on loopback, the refresh token in the operating system's key store.
//
// A program describes the provider and this program's registration there, and names the
// place of sign-ins:
//
//	client, err := auth.New(auth.Params{
//		Provider: auth.Provider{ID: "work", Authority: "https://id.example", ClientID: "…"},
//		Accounts: auth.NewAccounts(vault.New(vault.Params{Service: "my-program"}), dir),
//		Open:     func(_ context.Context, address string) error { return browser.OpenURL(address) },
//	})
//
// The first time the person signs in, and from then on every start is silent:
//
//	tokens, err := client.SignIn(ctx, auth.BeginOptions{})        // in the browser
//	tokens, err := client.Refresh(ctx, tokens.Account.ID)         // one request
//
// The engine holds sign-ins in memory if they lie in no key store, because the person
// does not want to be remembered or because the key store did not take them:
// [Client.Refresh] renews such a sign-in, and [Client.SignOut] ends it, for as long as
// the program runs. When a provider is described anew, give its new client the same
// [Accounts].
//
// Requests to an API carry an access token. Ask for it before each of them: it is the
// known one for as long as it lasts, and is renewed without the person:
//
//	api := auth.API{Scopes: []string{"requests.read"}}            // or by its Resource (RFC 8707)
//	token, err := client.Token(ctx, tokens.Account.ID, api)
//	resp, err := client.Do(req, token)                            // in a connection that is kept
//
// [Client.TokenSource] is the same for libraries asking for an oauth2.TokenSource,
// [Client.IDToken] for servers asking for an ID token. [Client.Discard] and [Challenge]
// are for an API's refusals. A server checks either kind of token with a [Verifier].
//
// [Client.SignIn] is [Client.Begin], opening the browser and [SignIn.Wait], for programs
// with a link, the time left and a button to cancel. [Client.BeginDevice] signs in with a
// code on another device. Each ends at once with its context. Everything reaching out of
// the program is given to [New]: the HTTP client, the clock, the browser, the store and
// the log. There is no global state.
//
// The engine follows RFC 8252 (native apps), RFC 7636 (PKCE), RFC 9700 (OAuth security
// practice), RFC 9207 (issuer in the response), OpenID Connect Core 1.0, Discovery 1.0
// and RP-Initiated Logout 1.0, RFC 7009 (revocation), RFC 8628 (device grant), RFC 7523
// (signed client assertions), RFC 8707 (resources), RFC 6750 and RFC 9470 (refusals of
// APIs), RFC 9068 (access tokens as JWTs) and, if the provider's metadata offer them, RFC
// 9126 (pushed authorization requests) and RFC 9449 (DPoP). It knows the deviations of
// Microsoft Entra ID and Google; see [Dialect]. It never embeds a browser, never sees a
// password, and never sends a request over http to anything but this computer.
//
// Errors are typed, because callers branch on them: [UnavailableError] passes by itself and never costs a
// sign-in, [ProviderError] is the provider's own answer, [TrustError] means an answer failed a check and
// nothing of it was used, except for a rotated refresh token: it is kept. [TenantError] and [DomainError]
// mean this program does not want the account. [ConfigError], [CredentialError] and [ClockError] are
// somebody's to mend, and the vault's own errors tell the fault of the key store. [ReasonOf] gives each a
// stable name to find words by.
//
// It knows no user interface and no portal, and imports nothing of this module
// outside its own folder.
package auth
