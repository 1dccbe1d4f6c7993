package agent

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// proxiesFile holds the knowledge about proxies, without secrets.
const proxiesFile = "proxies.json"

// proxyAuth are the schemes allowed by IT, nil if it says nothing. A wrong value counts
// as the least: the intended one might have forbidden passwords.
func proxyAuth(s policy.Settings) []proxyauth.Scheme {
	wrong := slices.ContainsFunc(s.Problems(), func(p policy.Problem) bool { return p.Key == string(policy.ProxyAuth) })
	var schemes []proxyauth.Scheme
	for _, name := range s.List(policy.ProxyAuth) {
		one, err := proxyauth.ParseSchemes(name)
		if wrong = wrong || err != nil; err == nil {
			schemes = append(schemes, one...)
		}
	}
	if wrong {
		return []proxyauth.Scheme{proxyauth.Negotiate}
	}
	return schemes
}

// mayRememberPasswords says whether a proxy's password may outlive the agent.
func mayRememberPasswords(s policy.Settings) bool {
	return s.On(policy.RememberMe) && !s.On(policy.KioskMode) && s.Text(policy.TokenStore) != "memory"
}

// SetProxyPassword keeps a proxy's password; see [localapi.Agent]. When nobody is
// remembered, no password is either.
func (w *wayOut) SetProxyPassword(ctx context.Context, req localapi.ProxyPasswordRequest) error {
	if w.rehearsal {
		return &localapi.Problem{Code: localapi.Usage, Params: map[string]string{"reason": "a rehearsal keeps no passwords"}}
	}
	name, err := proxyName(req.Proxy)
	if err != nil {
		return err
	}
	if req.Name == "" || len(req.Name)+len(req.Password) > maxProxyPassword || strings.ContainsFunc(req.Name+req.Password, unicode.IsControl) {
		return &localapi.Problem{Code: localapi.Usage, Params: map[string]string{"reason": "a name and a password of one line each are needed"}}
	}
	remember := req.Remember && w.mayRemember()
	if err := w.proxies.Set(ctx, name, req.Name, req.Password, remember); err != nil {
		return session.Explain(err, session.About{}, time.Now())
	}
	w.log.Info("a proxy's password was set", "proxy", name, "remembered", remember)
	w.reset()
	w.again()
	return nil
}

// ForgetProxy removes the knowledge about a proxy; see [localapi.Agent].
func (w *wayOut) ForgetProxy(ctx context.Context, req localapi.ProxyRequest) (localapi.ForgottenProxy, error) {
	name, err := proxyName(req.Proxy)
	if err != nil {
		return localapi.ForgottenProxy{}, err
	}
	known, err := w.proxies.Forget(ctx, name)
	if err != nil {
		return localapi.ForgottenProxy{}, session.Explain(err, session.About{}, time.Now())
	}
	if known {
		w.log.Info("a proxy was forgotten", "proxy", name)
		w.reset()
		w.again()
	}
	return localapi.ForgottenProxy{Known: known}, nil
}

// Proxies lists the known proxies; see [localapi.Agent].
func (w *wayOut) Proxies(context.Context) ([]localapi.Proxy, error) {
	known, err := w.proxies.Proxies()
	if err != nil {
		return nil, session.Explain(err, session.About{}, time.Now())
	}
	out := []localapi.Proxy{}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		p := known[name]
		one := localapi.Proxy{Proxy: name, Used: string(p.Used), Password: p.Password, Refused: p.Refused}
		for _, scheme := range p.Offered {
			one.Offered = append(one.Offered, string(scheme))
		}
		out = append(out, one)
	}
	return out, nil
}

// maxProxyPassword bounds a name and a password in bytes.
const maxProxyPassword = 4 << 10

func proxyName(typed string) (string, error) {
	name, err := network.ParseProxyName(typed)
	if err != nil {
		return "", &localapi.Problem{Code: localapi.Usage, Params: map[string]string{"reason": err.Error()}}
	}
	return name, nil
}
