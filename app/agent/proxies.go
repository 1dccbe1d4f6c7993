package agent

import (
	"path/filepath"
	"slices"

	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
	"github.com/portico-desktop/portico/auth/network/proxystore"
)

// proxiesFile is what is known of proxies, without secrets.
const proxiesFile = "proxies.json"

// newProxies keeps proxies' passwords where sign-ins are kept.
func (a *Agent) newProxies() *proxystore.Store {
	return proxystore.New(proxystore.Params{
		Secrets: a.p.Store, File: filepath.Join(a.p.Paths.Data, proxiesFile), LockDir: a.lockDir(),
	})
}

// proxyAuth are the schemes that IT allows, nil where it says nothing. What it has said
// wrong counts as the least: whatever was meant, a password might not have been.
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
