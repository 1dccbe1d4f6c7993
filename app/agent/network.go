package agent

import (
	"net/http"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/assets"
	"github.com/portico-desktop/portico/auth/network"
)

// LogOnCommand is the word with which the agent starts porticoctl to log on to a proxy; see
// package logonprocess. It is for no person.
const LogOnCommand = "log-on-to-proxy"

// userAgent is Portico's name in every request, as in "Portico/0.1.0 (linux)".
func userAgent() string { return network.UserAgent("Portico/" + assets.Version) }

// NetworkOptions are what the environment says about the way out:
// PORTICO_EXTRA_CA_FILE names a PEM file of authorities that are trusted besides
// the operating system's. Proxies are network's own business; the console beside this
// program logs on to them, where Windows does not.
func NetworkOptions(env func(string) string) network.Options {
	return network.Options{ExtraCAFile: env("PORTICO_EXTRA_CA_FILE"), LogOn: proxyLogOn()}
}

// CheckNetwork says what is wrong with the options, nil for nothing.
func CheckNetwork(o network.Options) *localapi.Problem {
	if _, err := network.New(o); err != nil {
		return &localapi.Problem{
			Code: localapi.ExtraCAFile, Params: map[string]string{"file": o.ExtraCAFile},
			Details: &localapi.Details{Error: err.Error(), Time: time.Now()},
		}
	}
	return nil
}

// localNetwork is how requests leave, nil where nobody has set a proxy.
func localNetwork(s network.Settings) *localapi.Network {
	source := string(s.Source)
	switch s.Source {
	case network.SourceNone:
		return nil
	case network.SourceOptions:
		source = "policy"
	}
	return &localapi.Network{Source: source, HTTPS: s.HTTPS, HTTP: s.HTTP, Script: s.PAC, Detect: s.AutoDetect}
}

// wayOut makes the client for all requests. A file of authorities that cannot be
// read is left out and told of: the others are enough for many, and nobody is
// trusted whom IT does not want trusted.
func (a *Agent) wayOut(o network.Options) *http.Client {
	t, err := network.New(o)
	if err != nil && CheckNetwork(network.Options{ExtraCAFile: o.ExtraCAFile}) == nil {
		a.log.Error("the proxy is not used", "error", err)
		o.Proxy, o.Bypass = "", nil
		t, err = network.New(o)
	}
	if err != nil {
		problem := CheckNetwork(o)
		a.log.Error("the file of extra authorities is not used", "file", o.ExtraCAFile, "error", err)
		a.untrusting = problem
		o.ExtraCAFile = ""
		t, _ = network.New(o) // nothing else of the options can fail
	}
	a.network = t
	return t.Client()
}
