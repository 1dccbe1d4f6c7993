// Command example signs in with an OpenID provider and prints who it is. It
// keeps nothing but the sign-in, in the operating system's key store: started
// again, it needs no browser.
//
//	go run ./auth/example https://login.microsoftonline.com/organizations/v2.0 CLIENT-ID
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pkg/browser"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/vault"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: example AUTHORITY CLIENT-ID")
	}
	ctx := context.Background()
	accounts := auth.NewAccounts(vault.New(vault.Params{Service: "auth-example"}), filepath.Join(os.TempDir(), "auth-example"))
	client, err := auth.New(auth.Params{
		Provider: auth.Provider{ID: "example", Authority: os.Args[1], ClientID: os.Args[2]},
		Accounts: accounts,
		Open:     func(_ context.Context, address string) error { return browser.OpenURL(address) },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close() // lets the browser fetch its last page
	tokens, err := signIn(ctx, client, accounts)
	if err != nil {
		log.Fatalf("%s: %v", auth.ReasonOf(err), err)
	}
	fmt.Printf("%s <%s> of %s\n", tokens.Account.Name, tokens.Account.Email, tokens.Account.Issuer)
}

// signIn renews the last sign-in, and asks the person only where there is none.
func signIn(ctx context.Context, client *auth.Client, accounts *auth.Accounts) (*auth.Tokens, error) {
	known, err := accounts.All(ctx)
	if err != nil || len(known) == 0 {
		return client.SignIn(ctx, auth.BeginOptions{})
	}
	tokens, err := client.Refresh(ctx, known[0].ID)
	if errors.Is(err, auth.ErrNoSignIn) {
		return client.SignIn(ctx, auth.BeginOptions{LoginHint: known[0].Email})
	}
	return tokens, err
}
