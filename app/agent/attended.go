package agent

import (
	"context"
	"iter"

	"github.com/portico-desktop/portico/app/localapi"
)

// attended is the agent as windows and consoles see it over the socket. It counts those
// who wait for an answer, so that the agent does not start anew meanwhile. What only
// looks, and what ends the agent, is not counted.
type attended struct{ *Agent }

// enter counts somebody in, and out again with what it returns.
func (a *Agent) enter() (leave func()) {
	a.mu.Lock()
	a.calls++
	a.mu.Unlock()
	return func() {
		a.mu.Lock()
		a.calls--
		a.mu.Unlock()
		select {
		case a.left <- struct{}{}:
		default:
		}
		a.stir()
	}
}

func (a attended) State(ctx context.Context) (localapi.State, error) {
	defer a.stir()
	return a.Agent.State(ctx)
}

func (a attended) Watch(ctx context.Context) iter.Seq2[localapi.Event, error] {
	return func(yield func(localapi.Event, error) bool) {
		defer a.stir()
		a.Agent.Watch(ctx)(yield)
	}
}

func (a attended) CheckPortal(ctx context.Context, req localapi.PortalRequest) (localapi.PortalCheck, error) {
	defer a.enter()()
	return a.Agent.CheckPortal(ctx, req)
}

func (a attended) SetPortal(ctx context.Context, req localapi.PortalRequest) error {
	defer a.enter()()
	return a.Agent.SetPortal(ctx, req)
}

func (a attended) SignIn(ctx context.Context, req localapi.SignInRequest) (localapi.SignIn, error) {
	defer a.enter()()
	return a.Agent.SignIn(ctx, req)
}

func (a attended) CancelSignIn(ctx context.Context) error {
	defer a.enter()()
	return a.Agent.CancelSignIn(ctx)
}

func (a attended) Paste(ctx context.Context, req localapi.PasteRequest) error {
	defer a.enter()()
	return a.Agent.Paste(ctx, req)
}

func (a attended) UseAccount(ctx context.Context, req localapi.AccountRequest) error {
	defer a.enter()()
	return a.Agent.UseAccount(ctx, req)
}

func (a attended) Refresh(ctx context.Context) (localapi.State, error) {
	defer a.enter()()
	return a.Agent.Refresh(ctx)
}

func (a attended) SignOut(ctx context.Context, req localapi.SignOutRequest) (localapi.SignOutReport, error) {
	defer a.enter()()
	return a.Agent.SignOut(ctx, req)
}

func (a attended) Forget(ctx context.Context) (localapi.ForgetReport, error) {
	defer a.enter()()
	return a.Agent.Forget(ctx)
}

func (a attended) Accounts(ctx context.Context) ([]localapi.Account, error) {
	defer a.enter()()
	return a.Agent.Accounts(ctx)
}

func (a attended) Providers(ctx context.Context) ([]localapi.ProviderSetup, error) {
	defer a.enter()()
	return a.Agent.Providers(ctx)
}

func (a attended) SetSecret(ctx context.Context, req localapi.SecretRequest) error {
	defer a.enter()()
	return a.Agent.SetSecret(ctx, req)
}

func (a attended) NewKey(ctx context.Context, req localapi.KeyRequest) (localapi.ClientKey, error) {
	defer a.enter()()
	return a.Agent.NewKey(ctx, req)
}

func (a attended) DropKey(ctx context.Context, req localapi.KeyRequest) error {
	defer a.enter()()
	return a.Agent.DropKey(ctx, req)
}

func (a attended) Set(ctx context.Context, req localapi.SettingRequest) error {
	defer a.enter()()
	return a.Agent.Set(ctx, req)
}

func (a attended) Policy(ctx context.Context) (localapi.PolicyReport, error) {
	defer a.enter()()
	return a.Agent.Policy(ctx)
}

func (a attended) Check(ctx context.Context) (localapi.CheckReport, error) {
	defer a.enter()()
	return a.Agent.Check(ctx)
}

func (a attended) Bundle(ctx context.Context) (localapi.Bundle, error) {
	defer a.enter()()
	return a.Agent.Bundle(ctx)
}
