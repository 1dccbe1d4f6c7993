package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// These examples sign in with a scripted provider, whose browser is scripted as
// well, and keep the sign-in in a key store in memory. A program has the real
// ones: vault.New(vault.Params{Service: "my-program"}) and
// github.com/pkg/browser's OpenURL.
func world(options ...authtest.Option) (p *authtest.Provider, params auth.Params, end func()) {
	p = authtest.Start(options...)
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	params = auth.Params{
		Provider: auth.Provider{ID: "work", Title: "Contoso", Authority: p.URL, ClientID: authtest.ClientID},
		Accounts: auth.NewAccounts(vault.New(vault.Params{Service: "example", Backend: authtest.NewKeyStore()}), dir),
		HTTP:     p.Client(),
		Open: func(ctx context.Context, address string) error {
			go func() { _, _ = p.Browse(ctx, address) }()
			return nil
		},
	}
	return p, params, func() {
		p.Close()
		_ = os.RemoveAll(dir)
	}
}

func Example() {
	_, params, end := world()
	defer end()
	ctx := context.Background()

	client, err := auth.New(params)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	tokens, err := client.SignIn(ctx, auth.BeginOptions{})
	if err != nil {
		fmt.Println(auth.ReasonOf(err))
		return
	}
	fmt.Println("signed in:", tokens.Account.Name)

	// The next start, and every one after it: one request and no browser.
	tokens, err = client.Refresh(ctx, tokens.Account.ID)
	if err != nil {
		fmt.Println(auth.ReasonOf(err))
		return
	}
	fmt.Println("still signed in:", tokens.Account.Email)
	// Output:
	// signed in: Ada Example
	// still signed in: ada@contoso.example
}

// A program with a window opens the browser itself, shows a link and how long
// is left, and lets the person cancel.
func ExampleClient_Begin() {
	p, params, end := world()
	defer end()
	p.Behave(authtest.Leaves) // the person looks at the page and walks away
	client, err := auth.New(params)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	signIn, err := client.Begin(context.Background(), auth.BeginOptions{LoginHint: "ada@contoso.example", Timeout: time.Minute})
	if err != nil {
		fmt.Println(auth.ReasonOf(err))
		return
	}
	fmt.Println("time left:", signIn.Deadline().Sub(signIn.Started()))
	go signIn.Cancel() // the button
	_, err = signIn.Wait()
	fmt.Println(auth.ReasonOf(err))
	// Output:
	// time left: 1m0s
	// cancelled
}

// Every error has a reason that a program can find its own words for, and a type
// that says more.
func ExampleReasonOf() {
	p, params, end := world()
	defer end()
	p.Behave(authtest.Denies)
	client, err := auth.New(params)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	_, err = client.SignIn(context.Background(), auth.BeginOptions{})
	fmt.Println(auth.ReasonOf(err))
	var refused *auth.ProviderError
	if errors.As(err, &refused) {
		fmt.Println(refused.Step, "ended with", refused.Code)
	}
	// Output:
	// declined
	// authorization ended with access_denied
}

// The account is known from the key store alone, before any request.
func ExampleAccounts_All() {
	_, params, end := world()
	defer end()
	ctx := context.Background()
	client, err := auth.New(params)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if _, err := client.SignIn(ctx, auth.BeginOptions{}); err != nil {
		fmt.Println(auth.ReasonOf(err))
		return
	}

	known, err := params.Accounts.All(ctx)
	if err != nil {
		fmt.Println(auth.ReasonOf(err))
		return
	}
	for _, k := range known {
		fmt.Println(k.Email, k.Remembered)
	}
	// Output: ada@contoso.example true
}

// Signing out deletes first, which needs no network, and reports every step.
func ExampleClient_SignOut() {
	_, params, end := world()
	defer end()
	ctx := context.Background()
	client, err := auth.New(params)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	tokens, err := client.SignIn(ctx, auth.BeginOptions{})
	if err != nil {
		fmt.Println(auth.ReasonOf(err))
		return
	}

	report := client.SignOut(ctx, tokens.Account.ID)
	fmt.Println("deleted here:", report.LocalErr == nil)
	fmt.Println("revoked there:", report.RevokeOffered && report.RevokeErr == nil)
	fmt.Println("browser can be signed out:", report.EndSession != nil)
	// Output:
	// deleted here: true
	// revoked there: true
	// browser can be signed out: true
}

// Where several providers are offered, an address says which is whose.
func ExampleForAddress() {
	providers := []auth.Provider{
		{ID: "contoso", Domains: []string{"contoso.example"}},
		{ID: "partners", Domains: []string{"partner.example"}},
		{ID: "anybody"},
	}
	for _, address := range []string{"ada@contoso.example", "grace@elsewhere.example"} {
		for _, p := range auth.ForAddress(providers, address) {
			fmt.Println(address, "signs in with", p.ID)
		}
	}
	// Output:
	// ada@contoso.example signs in with contoso
	// grace@elsewhere.example signs in with anybody
}

// A server checks the ID token that a program shows it. What the token is worth, and for
// how long, is the server's to decide.
func ExampleVerifier() {
	p, params, end := world()
	defer end()
	ctx := context.Background()
	client, err := auth.New(params)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	tokens, err := client.SignIn(ctx, auth.BeginOptions{})
	if err != nil {
		fmt.Println(auth.ReasonOf(err))
		return
	}

	server, err := auth.NewVerifier(auth.VerifierParams{Provider: params.Provider, HTTP: p.Client()})
	if err != nil {
		fmt.Println(err)
		return
	}
	who, err := server.IDToken(ctx, tokens.IDToken)
	if err != nil {
		fmt.Println(auth.ReasonOf(err))
		return
	}
	if time.Since(who.IssuedAt) < 10*time.Minute {
		fmt.Println("it is", who.Email)
	}
	_, err = server.IDToken(ctx, tokens.IDToken[:len(tokens.IDToken)-8]+"AAAAAAAA")
	fmt.Println(auth.ReasonOf(err))
	// Output:
	// it is ada@contoso.example
	// untrusted
}

// A program that talks to an API for hours asks for the token before every request: it
// is the same one while it lasts, and another one then. Here the provider's own userinfo
// stands for the API; one of somebody else's is named by its scopes or its resource.
func ExampleClient_Token() {
	p, params, end := world()
	defer end()
	ctx := context.Background()
	client, err := auth.New(params)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	signedIn, err := client.SignIn(ctx, auth.BeginOptions{})
	if err != nil {
		fmt.Println(auth.ReasonOf(err))
		return
	}

	api := auth.API{} // or auth.API{Scopes: []string{"api://portal.example/requests.read"}}
	ask := func() error {
		token, err := client.Token(ctx, signedIn.Account.ID, api)
		if err != nil {
			return err // ErrNoSignIn: the person has to sign in again
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Endpoint(authtest.UserInfo), nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req, token)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusUnauthorized {
			client.Discard(token) // the next request has another one
			if refused := auth.Challenge(resp); refused != nil {
				return refused // with Claims: what the next sign-in has to ask for
			}
		}
		fmt.Println("the API answers", resp.StatusCode)
		return nil
	}
	for range 3 {
		if err := ask(); err != nil {
			fmt.Println(auth.ReasonOf(err))
			return
		}
	}
	fmt.Println("tokens asked for:", len(p.Requests(authtest.Token)))
	// Output:
	// the API answers 200
	// the API answers 200
	// the API answers 200
	// tokens asked for: 1
}

// A program without a browser, as on a server, shows an address and a code. The person
// types the code there, in any browser.
func ExampleClient_BeginDevice() {
	_, params, end := world(authtest.WithDevice(time.Second, 0))
	defer end()
	client, err := auth.New(params)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	show := func(_, code string) { fmt.Println("the person has to type", code) }
	signIn, err := client.BeginDevice(context.Background(), auth.BeginOptions{})
	if err != nil {
		fmt.Println(auth.ReasonOf(err))
		return
	}
	show(signIn.VerificationURL(), signIn.UserCode())
	tokens, err := signIn.Wait() // asks at the pace that the provider wants
	if err != nil {
		fmt.Println(auth.ReasonOf(err))
		return
	}
	fmt.Println("signed in:", tokens.Account.Name)
	// Output:
	// the person has to type WDJB-0001
	// signed in: Ada Example
}
