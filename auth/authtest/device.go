package authtest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const deviceLifetime = 10 * time.Minute

// device is a device code waiting for a person (RFC 8628).
type device struct {
	userCode string
	scope    string
	// resources are the APIs that were asked for (RFC 8707).
	resources []string
	// challenge is PKCE's, "" without.
	challenge string
	person    Person
	expires   time.Time
	pending   int // polls still to be answered with authorization_pending
	polls     []string
	used      bool
}

// serveDeviceAuthorization gives out a device code and a user code (RFC 8628, section 3.2).
func (p *Provider) serveDeviceAuthorization(w http.ResponseWriter, r *http.Request) {
	scope := r.PostForm.Get("scope")
	switch {
	case !isForm(r):
		writeError(w, "invalid_request", "not a form sent by POST", nil)
		return
	case !p.authenticated(w, r):
		return
	case !slices.Contains(words(scope), "openid"):
		writeError(w, "invalid_scope", "openid is missing", nil)
		return
	case p.config.devicePKCE && r.PostForm.Get("code_challenge_method") != "S256":
		writeError(w, "invalid_request", "Missing parameter: code_challenge_method", nil)
		return
	}
	now, value := p.now(), secret()
	p.mu.Lock()
	d := &device{
		userCode: fmt.Sprintf("WDJB-%04d", len(p.devices)+1), scope: scope, resources: r.PostForm["resource"], challenge: r.PostForm.Get("code_challenge"), person: p.person,
		expires: now.Add(deviceLifetime), pending: p.config.pendingPolls, polls: p.config.polls,
	}
	p.devices[value] = d
	p.mu.Unlock()
	writeJSON(w, http.StatusOK, p.changed(pointDevice, map[string]any{
		"device_code": value, "user_code": d.userCode, "verification_uri": p.Endpoint(DeviceVerification),
		"verification_uri_complete": p.Endpoint(DeviceVerification) + "?user_code=" + d.userCode,
		"expires_in":                int(deviceLifetime / time.Second), "interval": int(p.config.deviceInterval / time.Second),
	}))
}

// redeemDevice answers a poll (RFC 8628, section 3.5).
func (p *Provider) redeemDevice(form url.Values, boundTo string) (*family, *refusal) {
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.devices[form.Get("device_code")]
	switch {
	case d == nil || d.used:
		return nil, &refusal{"invalid_grant", "unknown device code, or used before"}
	case now.After(d.expires):
		return nil, &refusal{"expired_token", "the device code has expired"}
	case len(d.polls) > 0:
		code := d.polls[0]
		d.polls = d.polls[1:]
		return nil, &refusal{code, "as the test wishes"}
	case d.pending > 0:
		d.pending--
		return nil, &refusal{"authorization_pending", "the person has not decided yet"}
	case p.manner == Leaves:
		return nil, &refusal{"authorization_pending", "the person has not decided yet"}
	case p.manner == Denies:
		return nil, &refusal{"access_denied", "the person refused"}
	}
	d.used = true
	if d.challenge != "" && challengeOf(form.Get("code_verifier")) != d.challenge {
		return nil, &refusal{"invalid_grant", "PKCE verification failed: Code mismatch"}
	}
	return &family{person: d.person, scope: d.scope, resources: d.resources, signedIn: now, boundTo: boundTo}, nil
}

func (p *Provider) serveDevicePage(w http.ResponseWriter, _ *http.Request) {
	_, _ = fmt.Fprint(w, "<!doctype html><title>Connect a device</title><p>Type the code that the device shows.")
}
