package agent

import (
	"context"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/settings"
)

// keepSignedBack notes that somebody has signed in after a sign-out, unless that is
// noted already. Without it the next start would leave them signed out.
func (a *Agent) keepSignedBack() {
	a.mu.Lock()
	due := a.signedBack
	a.signedBack = false
	a.mu.Unlock()
	if due {
		a.keepSignedOut()
	}
}

// keepSignedOut remembers over the next start whether the person has signed out. Of
// several at once, the last one to write knows what came last.
func (a *Agent) keepSignedOut() {
	err := a.decisions.Edit(func(s *settings.Person) {
		a.mu.Lock()
		defer a.mu.Unlock()
		s.SignedOut = a.signedOut
	})
	if err != nil {
		a.log.Warn("the next start does not know whether somebody has signed out", "error", err)
	}
}

// Set changes one of the person's settings; see [localapi.Agent].
func (a *Agent) Set(ctx context.Context, req localapi.SettingRequest) error {
	return a.decisions.Set(ctx, req)
}

// Policy says what IT has decided; see [localapi.Agent].
func (a *Agent) Policy(ctx context.Context) (localapi.PolicyReport, error) {
	return a.decisions.Policy(ctx)
}
