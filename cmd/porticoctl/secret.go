package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/registration"
	"github.com/portico-desktop/portico/auth"
)

// secretOptions are those of providers secret.
type secretOptions struct {
	providersOptions
	Provider string
	// Expires is the secret's last day, zero when nobody knows it.
	Expires time.Time
	Remove  bool
}

func newSecret(p *program, run func(context.Context, *secretOptions) error) *cobra.Command {
	o := &secretOptions{providersOptions: providersOptions{program: p}}
	var expires string
	cmd := &cobra.Command{
		Use:                   "secret ID [--expires 2030-12-31] [--remove] [--manifest FILE]",
		Short:                 p.words.Text("console.secret.short"),
		Long:                  p.words.Text("console.secret.long"),
		Args:                  o.oneProvider,
		ValidArgsFunction:     p.completeProviders,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Provider = args[0]
			if expires != "" {
				var err error
				if o.Expires, err = time.Parse(time.DateOnly, expires); err != nil {
					return usage(p.words.Text("console.secret.date", "Date", expires))
				}
				if registration.DaysLeft(o.Expires, p.now()) < 0 {
					return usage(p.words.Text("console.secret.past", "Date", expires))
				}
			}
			if o.Remove && expires != "" {
				return usage(p.words.Text("console.secret.remove-or-set"))
			}
			return run(cmd.Context(), o)
		},
	}
	o.addManifest(cmd)
	cmd.Flags().StringVar(&expires, "expires", "", p.words.Text("console.secret.flag.expires"))
	cmd.Flags().BoolVar(&o.Remove, "remove", false, p.words.Text("console.secret.flag.remove"))
	return cmd
}

// uuid is the form of Entra's ids for secrets. A secret's value is none.
var uuid = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
})

// runSecret keeps a client secret in the key store, or removes it. It comes from
// standard input: arguments and variables can be read by others.
func runSecret(ctx context.Context, o *secretOptions) error {
	return o.administer(ctx, func(c *connection) error {
		setup, err := o.find(ctx, c, o.Provider)
		if err != nil {
			return err
		}
		req := localapi.SecretRequest{Provider: setup.ID, Expires: o.Expires}
		if !o.Remove {
			if !strings.HasPrefix(setup.ClientAuth, "client_secret_") {
				return usage(o.words.Text("console.secret.not-wanted", "Title", setup.Title, "Method", setup.ClientAuth))
			}
			if req.Value, err = o.read(ctx, setup.Title); err != nil {
				return err
			}
			if setup.Dialect == string(auth.Entra) && uuid().MatchString(req.Value) {
				return usage(o.words.Text("console.secret.entra-id"))
			}
		}
		if err := c.SetSecret(ctx, req); err != nil {
			return err
		}
		if setup, err = o.find(ctx, c, o.Provider); err != nil {
			return err
		}
		doc := providerSecret{Provider: setup.ID}
		if setup.Secret != nil {
			doc.Secret = *setup.Secret
		}
		return o.print(doc, func(w io.Writer) {
			if o.Remove {
				fmt.Fprintln(w, o.words.Text("console.secret.removed", "Title", setup.Title))
				return
			}
			fmt.Fprintln(w, o.words.Text("console.secret.kept", "Title", setup.Title))
			table(w, [][2]string{{o.words.Text("console.providers.row.secret"), o.secretWords(setup.ID, doc.Secret)}})
			fmt.Fprintln(w, o.words.Text("console.secret.next", "Command", o.try(setup.ID)))
		})
	})
}

// read takes the secret from the person at the terminal, without showing it, or
// from the first line of a pipe.
func (o *secretOptions) read(ctx context.Context, title string) (string, error) {
	var secret string
	var err error
	if o.terminal {
		secret, err = o.askSecretly(ctx, o.words.Text("console.secret.ask", "Title", title))
	} else {
		secret, err = o.line(ctx)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	// Text from a web page or an editor has them at its ends.
	secret = strings.TrimSpace(strings.TrimPrefix(secret, "\ufeff"))
	switch {
	case secret == "":
		return "", usage(o.words.Text("console.secret.empty"))
	case strings.ContainsFunc(secret, func(r rune) bool { return r < 0x20 || r > 0x7e }):
		// RFC 6749, appendix A.2: a client secret is printable ASCII.
		return "", usage(o.words.Text("console.secret.unprintable"))
	}
	return secret, nil
}

// secretWords describe a secret, as far as it is known.
func (o *providersOptions) secretWords(id string, s localapi.SecretSetup) string {
	switch {
	case !s.Set:
		return o.words.Text("console.secret.state.missing", "Provider", id)
	case s.DaysLeft == nil:
		return o.words.Text("console.secret.state.set")
	case *s.DaysLeft < 0:
		return o.words.Text("console.secret.state.expired", "Date", day(s.Expires), "Provider", id)
	}
	return o.words.Text("console.secret.state.until", "Date", day(s.Expires)) + " " + o.words.Count("console.days-left", *s.DaysLeft)
}
