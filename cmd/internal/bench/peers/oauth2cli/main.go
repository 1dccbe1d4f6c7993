// A sign-in through the browser with oauth2cli, with the token kept in the key store.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/int128/oauth2cli"
	"github.com/zalando/go-keyring"
	"golang.org/x/oauth2"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	verifier := oauth2.GenerateVerifier()
	ready := make(chan string, 1)
	go func() { fmt.Println(<-ready) }()
	token, err := oauth2cli.GetToken(ctx, oauth2cli.Config{
		OAuth2Config: oauth2.Config{
			ClientID: "portico",
			Scopes:   []string{"openid", "email", "profile", "offline_access"},
			Endpoint: oauth2.Endpoint{
				AuthURL: os.Getenv("PEER_AUTH"), TokenURL: os.Getenv("PEER_TOKEN"), AuthStyle: oauth2.AuthStyleInParams,
			},
		},
		AuthCodeOptions:      []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)},
		TokenRequestOptions:  []oauth2.AuthCodeOption{oauth2.VerifierOption(verifier)},
		RedirectURLHostname:  "127.0.0.1",
		LocalServerReadyChan: ready,
	})
	if err != nil {
		return err
	}
	return keyring.Set(os.Getenv("PEER_STORE"), "token", token.RefreshToken)
}
