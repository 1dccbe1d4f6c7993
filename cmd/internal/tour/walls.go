//go:build linux

package main

import (
	"context"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// walls tells what stands in the way at a company: an administrator's consent, a rule,
// the network, a clock. Its provider is a scripted one with the dialect of Microsoft
// Entra ID, because the real one cannot be had here.
func (t *tour) walls(ctx context.Context) (err error) {
	entra := authtest.Start(authtest.WithEntra(authtest.EntraOptions{}))
	defer entra.Close()
	portal, err := demoportal.Params{Providers: []demoportal.Provider{{
		ID: "work", Title: "Microsoft 365", Authority: entra.URL, ClientID: authtest.ClientID, Dialect: "entra",
		Redirect: demoportal.Redirect{Host: "localhost"},
	}}}.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, portal.Close()) }()
	if t.stage, err = stage.New(ctx, stage.Params{Display: true, TrustAll: true, Log: t.log}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.stage.Close()) }()
	ca := filepath.Join(t.stage.Dir, "authority.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: entra.Certificate().Raw})
	if err := os.WriteFile(ca, certificate, 0o600); err != nil {
		return err
	}
	w, err := t.open(ctx, "light", "PORTICO_PORTAL="+portal.URL(), "SSL_CERT_FILE="+ca)
	if err != nil {
		return err
	}
	if err := t.consent(ctx, w, entra); err != nil {
		return err
	}
	return t.refusals(ctx, w, entra)
}

// consent goes from the provider's page that stops everybody to the sign-in. This goes
// on by itself once an administrator has agreed.
func (t *tour) consent(ctx context.Context, w *stage.Window, entra *authtest.Provider) error {
	entra.NeedConsent(authtest.ConsentOfAdmin)
	if _, err := t.stage.WaitPhase(ctx, localapi.SignedOut); err != nil {
		return err
	}
	if err := w.Settled(ctx); err != nil {
		return err
	}
	if err := w.Key(ctx, "Tab", "Return"); err != nil {
		return err
	}
	page, err := t.stage.Browser.Opened(ctx)
	if err != nil {
		return err
	}
	if err := page.Click(ctx, "#return"); err != nil {
		return err
	}
	waits := func(s localapi.State) bool {
		return s.Session.Phase == localapi.Blocked && s.Session.Consent != nil && s.Session.Consent.Waiting
	}
	if _, err := t.stage.WaitState(ctx, "consent is waited for", waits); err != nil {
		return err
	}
	if err := t.show(ctx, w, "consent"); err != nil {
		return err
	}
	entra.NeedConsent(authtest.ConsentGiven)
	_, err = t.stage.WaitPhase(ctx, localapi.SignedIn)
	return err
}

// refusals are walls that a sign-in runs into later, when it is renewed.
func (t *tour) refusals(ctx context.Context, w *stage.Window, entra *authtest.Provider) error {
	for _, wall := range []struct {
		name  string
		fault authtest.Fault
		code  localapi.Code
	}{
		{"blocked-by-policy", authtest.Refuse(53003, authtest.Token), localapi.BlockedByPolicy},
		{"offline", authtest.Drop(authtest.Token), localapi.ProviderUnreachable},
		{"wrong-clock", authtest.ClockSkew(3*time.Hour + 2*time.Minute), localapi.ClockWrong},
	} {
		lift := entra.Fault(wall.fault)
		if err := w.Settled(ctx); err != nil { // it looks once at a time
			return err
		}
		if err := w.Key(ctx, "F5"); err != nil {
			return err
		}
		stands := func(s localapi.State) bool { return s.Session.Problem != nil && s.Session.Problem.Code == wall.code }
		if _, err := t.stage.WaitState(ctx, wall.name, stands); err != nil {
			return err
		}
		if err := t.show(ctx, w, wall.name); err != nil {
			return err
		}
		lift()
		if err := w.Key(ctx, "F5"); err != nil {
			return err
		}
		if _, err := t.stage.WaitPhase(ctx, localapi.SignedIn); err != nil {
			return err
		}
	}
	return nil
}
