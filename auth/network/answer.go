package network

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// Settings are the ways of requests out of this computer. It reads unknown ones first.
// It asks no script.
func (t *Transport) Settings() Settings { return t.current().shown }

// Known is the last result of [Transport.Settings], without waiting for anything; ok is
// false if nothing has been read yet.
func (t *Transport) Known() (s Settings, ok bool) {
	known := t.known.Load()
	if known == nil {
		return Settings{}, false
	}
	return *known, true
}

// Answer says how requests to an address leave this computer, for people to read. It
// holds no credentials.
type Answer struct {
	// Ways are tried in this order until a proxy is there: proxies, as in
	// "http://proxy.example:8080", and [Direct].
	Ways []string
	// Source is who has set them, or the script that named them.
	Source Source
	// Script is the address of that script, "" for none. With Detected the network has
	// offered it by itself (WPAD), and its address is not known.
	Script   string
	Detected bool
	// Kept is the time of the script's answer if it could not be asked now; else zero.
	Kept time.Time
	// Err is the reason for not asking the script, a *[ScriptError] or a
	// *[EvaluatorError], nil if it was asked or there is none. Then its earlier answer
	// counts, or the settings without it.
	Err error
}

// Ask tells the ways of requests to an address, asking a script as a request does: 10 s at
// most, 2 s if it has answered before. Scripts get to know the host alone. The error is
// about a setting that cannot be used.
func (t *Transport) Ask(ctx context.Context, address *url.URL) (Answer, error) {
	found, err := t.wayTo(ctx, address)
	if err != nil {
		return Answer{}, errors.New("the proxy's address cannot be used") // it may hold a password
	}
	out := Answer{Source: t.current().shown.Source, Script: found.script, Detected: found.detected, Err: found.err}
	if found.kept {
		out.Kept = found.at
	}
	for _, c := range t.behindTheDead(found.ways) {
		out.Ways = append(out.Ways, cmp.Or(show(c.proxy), Direct))
	}
	return out, nil
}

// KnownOf is the knowledge of a proxy: the schemes it asks by, and the one that it has let
// this computer through by. proxy is one of [Answer.Ways]. Nobody is asked.
func (t *Transport) KnownOf(ctx context.Context, proxy string) proxyauth.Known {
	name, err := ParseProxyName(proxy)
	if err != nil {
		return proxyauth.Known{} // directly, or SOCKS
	}
	return t.proxies.Known(ctx, name)
}

// wayTo finds the candidates for an address.
func (t *Transport) wayTo(ctx context.Context, address *url.URL) (answer, error) {
	r := t.current()
	if len(r.scripts) > 0 && !r.isDirect(address) {
		return t.answers.of(ctx, t.current, address), nil
	}
	ways, err := r.set(address)
	return answer{ways: ways}, err
}

func (t *Transport) behindTheDead(ways []candidate) []candidate {
	if len(ways) < 2 {
		return ways
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dead.behind(ways, t.now())
}

func (t *Transport) noteDead(via candidate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dead.note(via, t.now())
}

// tryAll tries one candidate after the other until a proxy is there.
func (t *Transport) tryAll(req *http.Request, found answer, deadline time.Time, keep bool) (resp *http.Response, w *way, err error) {
	ways := t.behindTheDead(found.ways)
	for i, via := range ways {
		to := target{host: req.URL.Host, plain: req.URL.Scheme == "http", via: via, unasked: found.err}
		to.keep = keep && !(to.plain && to.answers())
		last := i == len(ways)-1
		if !last {
			to.dialIn = t.nextIn
		}
		resp, w, err = t.try(req, to, deadline)
		if !w.proxyAbsent(err) {
			break
		}
		t.noteDead(via)
		if last {
			t.Renew() // the settings may be those of another network
		}
		if !w.nobodyThere(err) {
			break
		}
	}
	return resp, w, err
}
