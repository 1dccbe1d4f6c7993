package agent

import (
	"context"
	"errors"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/session"
)

// sessions is signing in and out, for windows and consoles. It implements
// [localapi.Sessions].
type sessions struct {
	session *session.Session
	outs    *signOuts
	// openBrowser opens the address of a sign-in.
	openBrowser func(context.Context, string) error
	// renew has the portal asked for the manifest before a sign-in, and problem is why
	// there is none.
	renew   func(context.Context)
	problem func() *localapi.Problem
	// refresh asks everything anew, and forget removes every trace of the person.
	refresh func(context.Context) (localapi.State, error)
	forget  func(context.Context) (localapi.ForgetReport, error)
	// left hears of the accounts still known after a sign-out.
	left func(context.Context, []localapi.Account)
}

// SignIn prepares a sign-in; see [localapi.Agent].
func (s *sessions) SignIn(ctx context.Context, req localapi.SignInRequest) (localapi.SignIn, error) {
	in, err := s.session.SignIn(ctx, req)
	if err != nil {
		return in, s.named(err)
	}
	if req.Open {
		if err := s.openBrowser(ctx, in.URL); err != nil {
			return in, &localapi.Problem{Code: localapi.BrowserMissing, Details: &localapi.Details{Error: err.Error(), Time: time.Now()}}
		}
	}
	return in, nil
}

// named says why there is no provider, when the portal is the reason.
func (s *sessions) named(err error) error {
	var p *localapi.Problem
	if !errors.As(err, &p) || p.Code != localapi.NoPortal {
		return err
	}
	if why := s.problem(); why != nil {
		return why
	}
	return err
}

// CancelSignIn ends a sign-in under way; see [localapi.Agent].
func (s *sessions) CancelSignIn(context.Context) error {
	s.session.CancelSignIn()
	return nil
}

// Paste completes a sign-in by hand; see [localapi.Agent].
func (s *sessions) Paste(_ context.Context, req localapi.PasteRequest) error {
	return s.session.Paste(req.Address)
}

// UseAccount changes to another account; see [localapi.Agent]. It is renewed by the
// manifest as it is now, as in SignIn.
func (s *sessions) UseAccount(ctx context.Context, req localapi.AccountRequest) error {
	s.renew(ctx)
	return s.session.UseAccount(ctx, req.Account)
}

// Refresh renews the manifest and the sign-in; see [localapi.Agent].
func (s *sessions) Refresh(ctx context.Context) (localapi.State, error) { return s.refresh(ctx) }

// SignOut signs this device out; see [localapi.Agent].
func (s *sessions) SignOut(ctx context.Context, req localapi.SignOutRequest) (localapi.SignOutReport, error) {
	who := s.session.Person()
	report, err := s.session.SignOut(ctx, req)
	if report.OneTime {
		s.outs.offerPage()
	}
	if err == nil && who != nil && (req.Account == "" || req.Account == who.ID) {
		s.outs.signOut(true)
		s.outs.keep()
	}
	if err == nil {
		if all, err := s.session.Accounts(ctx); err == nil {
			s.left(ctx, all)
		}
	}
	return report, err
}

// Forget removes every trace of this user; see [localapi.Agent].
func (s *sessions) Forget(ctx context.Context) (localapi.ForgetReport, error) { return s.forget(ctx) }

// Accounts lists the remembered accounts; see [localapi.Agent].
func (s *sessions) Accounts(ctx context.Context) ([]localapi.Account, error) {
	return s.session.Accounts(ctx)
}
