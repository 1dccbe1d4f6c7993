package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// result is one thing looked at.
type result struct {
	// The thing, in people's words.
	What string `json:"what"`
	// State is "good", "note" for what may surprise later, or "wrong".
	State string `json:"state"`
	// Found is the finding, and says how to mend it.
	Found string `json:"found,omitempty"`

	unreachable bool
}

// soon is the time before the end of a certificate in which a check speaks of it.
const soon = 14 * 24 * time.Hour

func (p *program) newCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Try store, portal folder, providers, certificate and ports, and say what to do", Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.read()
			var results []result
			var wrong *settings.Error
			switch {
			case errors.As(err, &wrong):
				for _, problem := range wrong.Problems {
					results = append(results, result{What: "settings", State: "wrong", Found: problem.String()})
				}
			case err != nil:
				return err
			default:
				results = append(results, result{What: "settings", State: "good", Found: p.settings})
				results = append(results, checkStore(cmd.Context(), s)...)
				results = append(results, checkContent(cmd.Context(), s)...)
				runs := store.Running(s.Database())
				results = append(results, checkTLS(s), checkPort("listen", s.Listen, runs), checkPort("operations", s.Operations, runs))
			}
			return p.report(results)
		},
	}
}

// report prints the results. It fails if one is wrong.
func (p *program) report(results []result) error {
	code := exitDone
	for _, r := range results {
		if r.State == "wrong" {
			if r.unreachable && code == exitDone {
				code = exitUnreachable
			} else if !r.unreachable {
				code = exitConfiguration
			}
		}
	}
	done := struct {
		Good    bool     `json:"good"`
		Results []result `json:"results"`
	}{code == exitDone, results}
	err := p.print(done, func(w io.Writer) {
		signs := map[string]string{"good": "ok   ", "note": "note ", "wrong": "WRONG"}
		for _, r := range results {
			fmt.Fprintf(w, "%s  %s: %s\n", signs[r.State], r.What, r.Found)
		}
	})
	if err == nil && code != exitDone {
		err = failed(code)
	}
	return err
}

func checkStore(ctx context.Context, s *settings.Settings) []result {
	r := result{What: "store", State: "good", Found: s.Database()}
	in, err := store.Open(ctx, store.Params{File: s.Database(), Beside: true})
	var kept *store.Error
	switch {
	case errors.As(err, &kept) && kept.Kind == store.Missing:
		r.Found = s.Database() + " is not there yet; serve makes it"
		if err := writable(filepath.Dir(s.Database())); err != nil {
			r.State, r.Found = "wrong", fmt.Sprintf("%s cannot be made: %v", s.Database(), err)
		}
	case err != nil:
		r.State, r.Found = "wrong", err.Error()
	default:
		if err := errors.Join(in.Ready(ctx), in.Close()); err != nil {
			r.State, r.Found = "wrong", err.Error()
		}
	}
	files := result{What: "attachments", State: "good", Found: s.Attachments}
	if err := writable(s.Attachments); err != nil {
		files.State, files.Found = "wrong", fmt.Sprintf("the folder %s cannot be used: %v", s.Attachments, err)
	}
	return []result{r, files}
}

// writable tries to make a file in a folder, or in the next one above.
func writable(folder string) error {
	for {
		info, err := os.Stat(folder)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("%s is not a folder", folder)
		}
		if err == nil {
			break
		}
		above := filepath.Dir(folder)
		if !errors.Is(err, os.ErrNotExist) || above == folder {
			return err
		}
		folder = above
	}
	f, err := os.CreateTemp(folder, ".portico-gateway-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// checkContent reads the portal folder, and asks each provider of the manifest.
func checkContent(ctx context.Context, s *settings.Settings) []result {
	ids := []string{}
	for _, o := range s.Organizations {
		ids = append(ids, o.ID)
	}
	c, err := content.Params{Folder: s.Content, Organizations: ids, Log: silent()}.Open()
	if err != nil {
		return []result{{What: "portal folder", State: "wrong", Found: err.Error()}}
	}
	now := c.Current()
	var all []result
	for _, problem := range now.Problems() {
		state := "wrong"
		if problem.Hint {
			state = "note"
		}
		all = append(all, result{What: "portal folder", State: state, Found: problem.Error()})
	}
	if len(all) == 0 {
		all = append(all, result{What: "portal folder", State: "good", Found: s.Content})
	}
	for _, offered := range now.Manifest().Offered() {
		all = append(all, checkProvider(ctx, offered.Name(), offered.Auth))
	}
	return all
}

func checkProvider(ctx context.Context, name string, described func() (auth.Provider, error)) result {
	r := result{What: "provider " + name, State: "wrong"}
	p, err := described()
	if err != nil {
		r.Found = err.Error()
		return r
	}
	client, err := auth.New(auth.Params{Provider: p})
	if err != nil {
		r.Found = err.Error()
		return r
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	meta, err := client.Metadata(ctx)
	if err != nil {
		var away *auth.UnavailableError
		r.unreachable = errors.As(err, &away)
		r.Found = err.Error()
		return r
	}
	return result{What: r.What, State: "good", Found: meta.Issuer}
}

func checkTLS(s *settings.Settings) result {
	r := result{What: "certificate", State: "good"}
	switch s.TLS.Mode {
	case "off":
		r.State, r.Found = "note", "tls.mode is off: a proxy in front has to speak https, and must not cut requests within "+s.Wait().String()
		if u, err := url.Parse(s.URL); err == nil && u.Scheme == "http" {
			r.Found = "url is http: this portal is for a try on this computer alone"
		}
		return r
	case "acme":
		r.State, r.Found = "note", "the certificate comes with the first connection; the authority has to reach "+s.URL+" at port 443"
		return r
	}
	pair, err := tls.LoadX509KeyPair(s.TLS.Certificate, s.TLS.Key)
	if err != nil {
		r.State, r.Found = "wrong", fmt.Sprintf("tls.certificate and tls.key cannot be used: %v", err)
		return r
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		r.State, r.Found = "wrong", err.Error()
		return r
	}
	u, err := url.Parse(s.URL)
	if err == nil {
		err = leaf.VerifyHostname(u.Hostname())
	}
	switch left := time.Until(leaf.NotAfter); {
	case err != nil:
		r.State, r.Found = "wrong", fmt.Sprintf("the certificate is not for the host of url: %v", err)
	case left < 0:
		r.State, r.Found = "wrong", "the certificate has ended on "+leaf.NotAfter.Format(time.DateOnly)+"; put a new one in its place"
	case left < soon:
		r.State, r.Found = "note", "the certificate ends on "+leaf.NotAfter.Format(time.DateOnly)
	default:
		r.Found = "until " + leaf.NotAfter.Format(time.DateOnly)
	}
	return r
}

// checkPort tries to listen. While the gateway of the store runs, it has the ports.
func checkPort(key, address string, runs bool) result {
	r := result{What: key, State: "good", Found: address + " is free"}
	l, err := net.Listen("tcp", address)
	switch {
	case err == nil:
		if err := l.Close(); err != nil {
			r.State, r.Found = "wrong", err.Error()
		}
	case runs && !errors.Is(err, os.ErrPermission):
		r.Found = address + " is in use, as is right while the gateway runs"
	case errors.Is(err, syscall.EADDRINUSE):
		r.State, r.Found = "wrong", fmt.Sprintf("another program listens on %s; end it, or write another address as %s", address, key)
	case errors.Is(err, os.ErrPermission):
		r.State, r.Found = "wrong", fmt.Sprintf("this user may not listen on %s; give the program the right to ports below 1024 (on Linux: setcap cap_net_bind_service=+ep), or write another address as %s", address, key)
	default:
		r.State, r.Found = "wrong", fmt.Sprintf("%s cannot be listened on; write another address as %s: %v", address, key, err)
	}
	return r
}
