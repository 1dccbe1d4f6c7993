package agent

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/assets"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxystore"
)

// LogOnCommand is the word for starting porticoctl to log on to a proxy; see package
// logonprocess. It is for no person.
const LogOnCommand = "log-on-to-proxy"

// userAgent is Portico's name in every request, as in "Portico/0.1.0 (linux)".
func userAgent() string { return network.UserAgent("Portico/" + assets.Version) }

// NetworkOptions are the environment's options for the way out: PORTICO_EXTRA_CA_FILE
// names a PEM file of authorities to trust besides the operating system's. Proxies are
// network's own business; the console beside this program logs on to them, except on
// Windows.
func NetworkOptions(env func(string) string) network.Options {
	return network.Options{ExtraCAFile: env("PORTICO_EXTRA_CA_FILE"), LogOn: proxyLogOn()}
}

// CheckNetwork is the problem with the options, nil for none.
func CheckNetwork(o network.Options) *localapi.Problem {
	if _, err := network.New(o); err != nil {
		return &localapi.Problem{
			Code: localapi.ExtraCAFile, Params: map[string]string{"file": o.ExtraCAFile},
			Details: &localapi.Details{Error: err.Error(), Time: time.Now()},
		}
	}
	return nil
}

// localNetwork is how requests leave, nil if nobody has set a proxy.
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

// wayOut is how requests leave this computer, with the known proxies on the way. It
// implements [localapi.ProxyPasswords].
type wayOut struct {
	// transport knows the computer's proxies; nil when the requests are somebody else's.
	transport *network.Transport
	// client is for all requests. The log is told of them.
	client  *http.Client
	proxies *proxystore.Store
	// untrusting is why the file of extra authorities is not used.
	untrusting *localapi.Problem
	// mayRemember says whether a password may outlive the agent. A rehearsal takes none.
	mayRemember func() bool
	rehearsal   bool
	// again repeats work that a proxy may have been in the way of.
	again func()
	log   *slog.Logger
}

// open makes the client for all requests. An unreadable file of authorities is left out
// and told of: the others are enough for many, and nobody is trusted against IT's will.
func (w *wayOut) open(o network.Options) {
	t, err := network.New(o)
	if err != nil && CheckNetwork(network.Options{ExtraCAFile: o.ExtraCAFile}) == nil {
		w.log.Error("the proxy is not used", "error", err)
		o.Proxy, o.Bypass = "", nil
		t, err = network.New(o)
	}
	if err != nil {
		w.untrusting = CheckNetwork(o)
		w.log.Error("the file of extra authorities is not used", "file", o.ExtraCAFile, "error", err)
		o.ExtraCAFile = ""
		t, _ = network.New(o) // nothing else of the options can fail
	}
	w.transport = t
	w.client = withLog(t.Client(), w.log)
}

// prepare is for a sign-in to call beforehand, nil for nothing.
func (w *wayOut) prepare() func() {
	if w.transport == nil {
		return nil
	}
	return w.transport.Prepare
}

// reset forgets the proxies found: another network has others.
func (w *wayOut) reset() {
	if w.transport != nil {
		w.transport.Reset()
	}
}

// settings are how requests leave, asked now; nil if nobody has set a proxy.
func (w *wayOut) settings() *localapi.Network {
	if w.transport == nil {
		return nil
	}
	return localNetwork(w.transport.Settings())
}

// known is settings without asking anybody.
func (w *wayOut) known() *localapi.Network {
	if w.transport == nil {
		return nil
	}
	known, ok := w.transport.Known()
	if !ok {
		return nil
	}
	return localNetwork(known)
}

// outOptions are how requests leave: IT's word counts before the environment's, and the
// name is always Portico's.
func outOptions(o network.Options, s policy.Settings, cache string, proxies *proxystore.Store) network.Options {
	o.UserAgent = userAgent()
	if cache != "" {
		o.AnswersFile = filepath.Join(cache, "proxy-answers.json")
	}
	if proxy := s.Text(policy.Proxy); proxy != "" {
		o.Proxy, o.Bypass = proxy, nil
	}
	o.ProxyAuth, o.Proxies = proxyAuth(s), proxies
	if file := s.Get(policy.ExtraCAFile); file.Value != "" && file.Source.Kind != policy.Environment {
		o.ExtraCAFile = s.Text(policy.ExtraCAFile)
	}
	return o
}
