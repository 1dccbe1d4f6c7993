// Package auth signs a person in to a desktop program with an OpenID provider:
// authorization code with PKCE in the person's own browser, the redirect caught
// on loopback, the refresh token in the operating system's key store.
//
// A program describes the provider and this program's registration there, and
// says where sign-ins are kept:
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
// The engine holds what lies in no key store, because the person does not want to be
// remembered or because the key store did not take it: [Client.Refresh] renews that, and
// [Client.SignOut] ends it, for as long as the program runs. Programs that make another
// client, for a provider that is described anew, give it the same [Accounts].
//
// Requests to an API carry an access token, which is asked for before each of them: it is
// the one that is known for as long as it lasts, and is renewed without the person:
//
//	api := auth.API{Scopes: []string{"requests.read"}}            // or by its Resource (RFC 8707)
//	token, err := client.Token(ctx, tokens.Account.ID, api)
//	resp, err := client.Do(req, token)                            // in a connection that is kept
//
// [Client.TokenSource] is the same for libraries that take an oauth2.TokenSource,
// [Client.IDToken] for servers that want to be shown an ID token. [Client.Discard] and
// [Challenge] are for what an API refuses. A server checks either kind of token with a
// [Verifier].
//
// [Client.SignIn] is [Client.Begin], opening the browser and [SignIn.Wait], for
// programs that show a link, the time that is left and a button to cancel.
// [Client.BeginDevice] signs in with a code on another device. Each ends at once with its
// context. Everything that reaches out of the program is given to [New]: the HTTP client,
// the clock, the browser, the store and the log. There is no global state.
//
// The engine follows RFC 8252 (native apps), RFC 7636 (PKCE), RFC 9700 (OAuth security
// practice), RFC 9207 (issuer in the response), OpenID Connect Core 1.0, Discovery 1.0
// and RP-Initiated Logout 1.0, RFC 7009 (revocation), RFC 8628 (device grant), RFC 7523
// (signed client assertions), RFC 8707 (resources), RFC 6750 and RFC 9470 (what APIs
// refuse), RFC 9068 (access tokens as JWTs) and, if the provider's metadata offer them,
// RFC 9126 (pushed authorization requests) and RFC 9449 (DPoP). It knows the deviations
// of Microsoft Entra ID and Google; see [Dialect]. It never embeds a browser, never sees
// a password, and never sends a request over http to anything but this computer.
//
// Errors are typed, because callers branch on them: [UnavailableError] passes
// by itself and never costs a sign-in, [ProviderError] is the provider's own
// answer, [TrustError] means that an answer failed a check and nothing of it was
// used, but that a rotated refresh token is kept, [TenantError] and [DomainError] that this program does not want the account,
// [ConfigError], [CredentialError] and [ClockError] are somebody's to mend, and the
// vault's own errors say what is wrong with the key store. [ReasonOf] gives each a stable name
// to find words by.
//
// It knows no user interface and no portal, and imports nothing of this module
// outside its own folder.
package auth
