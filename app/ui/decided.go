package ui

import (
	"context"
	"slices"

	"github.com/portico-desktop/portico/app/localapi"
)

// The settings shown or obeyed by the window, as app/policy names them.
const (
	keyAutostart   = "Autostart"
	keyStartHidden = "StartHidden"
	keyCloseToTray = "CloseToTray"
	keyRememberMe  = "RememberMe"
	keyLanguage    = "Language"
	keyTheme       = "Theme"
	keyBrowser     = "Browser"
	keyPortalURL   = "PortalURL"
)

// The values of a setting for on or off.
const (
	always = "always"
	never  = "never"
)

// settings are the values in force in the window: the agent's, and over them the person's
// changes that the agent has not confirmed, or has refused.
type settings struct {
	agent   *agent
	jobs    *jobs
	refresh func()
	take    func(localapi.State) // makes a state the present one

	wishes   map[string]string            // shown until the agent has answered
	asking   map[string]bool              // Set is under way
	refusals map[string]*localapi.Problem // why the last change did not happen
}

// setting is the value in force for a key, the person's newest wish included; false if
// the agent has not said anything about it. On a shared computer everything is locked.
func (d *settings) setting(key string) (localapi.Setting, bool) {
	i := slices.IndexFunc(d.agent.state.Settings, func(s localapi.Setting) bool { return s.Key == key })
	if i < 0 {
		return localapi.Setting{Key: key, Locked: d.agent.state.Kiosk}, false
	}
	s := d.agent.state.Settings[i]
	s.Locked = s.Locked || d.agent.state.Kiosk
	if wish, changed := d.wishes[key]; changed {
		s.Value = wish
	}
	return s, true
}

// says is the value in force for a key, "" if the agent has not said.
func (d *settings) says(key string) string {
	s, _ := d.setting(key)
	return s.Value
}

// set shows a value at once and asks the agent for it. After a refusal the former value
// is shown again, with the reason.
func (d *settings) set(key, value string) {
	if d.wishes == nil {
		d.wishes, d.asking = make(map[string]string), make(map[string]bool)
		d.refusals = make(map[string]*localapi.Problem)
	}
	delete(d.refusals, key)
	d.wishes[key] = value
	if !d.asking[key] { // otherwise the coming answer looks at the newest wish
		d.askFor(key, value)
	}
	d.refresh()
}

func (d *settings) askFor(key, value string) {
	d.asking[key] = true
	var state localapi.State
	d.jobs.call(func(ctx context.Context) error {
		err := d.agent.api.Set(ctx, localapi.SettingRequest{Key: key, Value: value})
		if err != nil {
			return err
		}
		if now, err := d.agent.api.State(ctx); err == nil { // a later event would do as well
			state = now
		}
		return nil
	}, func(err error) {
		d.asking[key] = false
		if wish := d.wishes[key]; wish != value {
			d.askFor(key, wish) // changed again meanwhile
			return
		}
		delete(d.wishes, key)
		if p := problemOf(err); p != nil {
			d.refusals[key] = p
		}
		if err == nil && state.Revision > d.agent.state.Revision {
			d.take(state)
			return
		}
		d.refresh()
	})
}

// portalFixed says whether the portal's address is IT's decision.
func (d *settings) portalFixed() bool {
	address, _ := d.setting(keyPortalURL)
	return address.Locked
}

// mended says whether a trouble was the session's too, and is so no longer.
func mended(trouble, before, now *localapi.Problem) bool {
	return trouble != nil && before != nil && before.Code == trouble.Code && (now == nil || now.Code != trouble.Code)
}

// remembers says whether a sign-in is to be remembered.
func (d *settings) remembers() bool { return d.says(keyRememberMe) != never }
