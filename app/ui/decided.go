package ui

import (
	"context"
	"reflect"
	"slices"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// The settings that the window shows or goes by, as app/policy names them.
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

// What a setting that is on or off may be.
const (
	always = "always"
	never  = "never"
)

// decided is what the person has changed and the agent has not confirmed, or has
// refused.
type decided struct {
	wishes   map[string]string            // what is shown until the agent has answered
	asking   map[string]bool              // Set is under way
	refusals map[string]*localapi.Problem // why the last change did not happen
}

// setting is what counts for a key, the person's newest wish included; false
// where the agent has not said anything about it. On a shared computer everything
// is locked.
func (w *window) setting(key string) (localapi.Setting, bool) {
	i := slices.IndexFunc(w.state.Settings, func(s localapi.Setting) bool { return s.Key == key })
	if i < 0 {
		return localapi.Setting{Key: key, Locked: w.state.Kiosk}, false
	}
	s := w.state.Settings[i]
	s.Locked = s.Locked || w.state.Kiosk
	if wish, changed := w.decided.wishes[key]; changed {
		s.Value = wish
	}
	return s, true
}

// says is the value that counts for a key, "" where the agent has not said.
func (w *window) says(key string) string {
	s, _ := w.setting(key)
	return s.Value
}

// set shows a value at once and asks the agent for it. Where that is refused,
// what was before is shown again, with the reason.
func (w *window) set(key, value string) {
	d := &w.decided
	if d.wishes == nil {
		d.wishes, d.asking = make(map[string]string), make(map[string]bool)
		d.refusals = make(map[string]*localapi.Problem)
	}
	delete(d.refusals, key)
	d.wishes[key] = value
	if !d.asking[key] { // otherwise the answer that is awaited looks at the newest wish
		w.askFor(key, value)
	}
	w.refresh()
}

func (w *window) askFor(key, value string) {
	d := &w.decided
	d.asking[key] = true
	var state localapi.State
	w.call(func(ctx context.Context) error {
		err := w.Agent.Set(ctx, localapi.SettingRequest{Key: key, Value: value})
		if err != nil {
			return err
		}
		if now, err := w.Agent.State(ctx); err == nil { // a later event would do as well
			state = now
		}
		return nil
	}, func(err error) {
		d.asking[key] = false
		if wish := d.wishes[key]; wish != value {
			w.askFor(key, wish) // changed again meanwhile
			return
		}
		delete(d.wishes, key)
		if p := problemOf(err); p != nil {
			d.refusals[key] = p
		}
		if err == nil && state.Revision > w.state.Revision {
			w.take(state)
			return
		}
		w.refresh()
	})
}

// managedBy says who has locked a setting.
func (w *window) managedBy() string {
	if m := w.state.Managed; m != nil && m.Name != "" {
		return w.Words.Text("window.settings.managed-by", "Name", m.Name)
	}
	return w.Words.Text("window.settings.managed")
}

// portalFixed says that the portal's address is IT's decision.
func (w *window) portalFixed() bool {
	address, _ := w.setting(keyPortalURL)
	return address.Locked
}

// sameDecisions says that neither the portal nor what IT has decided is another. A
// setting that the person changes is nothing of that.
func sameDecisions(a, b localapi.State) bool {
	locked := func(s localapi.State) []localapi.Setting {
		return slices.DeleteFunc(slices.Clone(s.Settings), func(s localapi.Setting) bool { return !s.Locked })
	}
	return a.PortalAddress == b.PortalAddress && a.Kiosk == b.Kiosk && reflect.DeepEqual(a.Portal, b.Portal) &&
		reflect.DeepEqual(a.Managed, b.Managed) && slices.EqualFunc(locked(a), locked(b), func(a, b localapi.Setting) bool {
		return a.Key == b.Key && a.Value == b.Value
	})
}

// mended says that a trouble was the session's too, and is so no longer.
func mended(trouble, before, now *localapi.Problem) bool {
	return trouble != nil && before != nil && before.Code == trouble.Code && (now == nil || now.Code != trouble.Code)
}

// settingName is a setting as people know it, "" where the window has no name for
// it.
func (w *window) settingName(key string) string {
	t := w.Words
	if key == keyPortalURL {
		return t.Text("window.settings.portal-url")
	}
	id := map[string]string{
		keyAutostart: "window.settings.autostart", keyStartHidden: "window.settings.hidden",
		keyCloseToTray: "window.settings.tray", keyRememberMe: "window.settings.remember",
		keyLanguage: "window.settings.language", keyTheme: "window.settings.look", keyBrowser: "window.settings.browser",
	}[key]
	if id == "" {
		return ""
	}
	return t.Text("window.settings.named", "Name", t.Text(id))
}

// remembers says whether a sign-in is to be remembered.
func (w *window) remembers() bool { return w.says(keyRememberMe) != never }

// speak changes the language of everything shown to the one that counts now.
func (w *window) speak() (changed bool) {
	language := w.says(keyLanguage)
	if language == "" || language == w.Language || w.WordsIn == nil {
		return false
	}
	w.Language = language
	next := w.WordsIn(language)
	if next.Language() == w.Words.Language() {
		return false
	}
	w.Words = next
	return true
}

// closeByPerson is what closing the window does: where Portico is not to stay
// beside the clock, the agent ends as well.
func (w *window) closeByPerson() {
	if w.says(keyCloseToTray) != never {
		w.win.Close()
		return
	}
	w.win.Hide()
	w.call(func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, quitPatience)
		defer cancel()
		return w.Agent.Quit(ctx)
	}, func(error) { w.win.Close() })
}

// onOff are the words for a switch.
func (w *window) onOff() kit.OnOff {
	return kit.OnOff{Off: w.Words.Text("window.off"), On: w.Words.Text("window.on")}
}
