package ui

import (
	"context"
	"reflect"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// settingsPage is the person's choices, IT's choices for them, and facts about Portico.
// It is built once and brought up to date: the keyboard stays in its place.
type settingsPage struct {
	window *window
	object *fyne.Container
	looks  map[string]*kit.Choice // by value
	rows   []*settingRow
	// browsers are those of this computer; looked for when the page is first shown.
	browsers []Browser
	asked    bool
	// named are browsers' names for values of the setting other than their ids.
	named map[string]string
	// noLogOn: nothing starts Portico at log-on, in spite of the setting.
	noLogOn bool
	shown   shownSettings
}

// shownSettings is the source of the page as it was built, without the parts that may
// change in front of the person.
type shownSettings struct {
	keys    []string
	portal  string
	address string
	fixed   bool // the address is IT's
	kiosk   bool
	tray    bool // there is a place beside the clock
}

func newSettingsPage(w *window) *page {
	p := &settingsPage{window: w, object: kit.Column(16)}
	return &page{content: p.object, change: p.update}
}

// update shows the window's present state.
func (p *settingsPage) update() {
	w := p.window
	now := shownSettings{address: w.agent.state.PortalAddress, kiosk: w.agent.state.Kiosk, tray: w.agent.state.Tray}
	for _, s := range w.agent.state.Settings {
		now.keys = append(now.keys, s.Key)
	}
	if w.agent.state.Portal != nil {
		now.portal = w.agent.state.Portal.Name
	}
	now.fixed = w.settings.portalFixed()
	if len(p.object.Objects) == 0 || !reflect.DeepEqual(p.shown, now) {
		p.shown = now
		p.build()
	}
	theme, _ := w.settings.setting(keyTheme)
	for value, c := range p.looks {
		c.Set(theme.Value == value, theme.Locked)
	}
	for _, r := range p.rows {
		r.update()
	}
	if !p.asked {
		p.asked = true
		p.lookAround()
	}
}

// lookAround finds out how the settings apply to this computer.
func (p *settingsPage) lookAround() {
	w, value := p.window, p.window.settings.says(keyBrowser)
	var found []Browser
	noLogOn := false
	named := make(map[string]string)
	w.jobs.call(func(ctx context.Context) error {
		if w.params.Browsers != nil {
			found = w.params.Browsers(ctx)
		}
		noLogOn = w.params.LogOn != nil && !w.params.LogOn()
		if value != "" && w.params.FindBrowser != nil {
			if b, ok := w.params.FindBrowser(value); ok {
				named[value] = b.Name
			}
		}
		return nil
	}, func(error) {
		p.browsers, p.named, p.noLogOn = found, named, noLogOn
		w.refresh()
	})
}

func (p *settingsPage) build() {
	w, t := p.window, p.window.words
	p.rows, p.looks = nil, make(map[string]*kit.Choice)
	lines := []fyne.CanvasObject{kit.Title(t.Text("window.nav.settings"))}
	if w.agent.state.Kiosk {
		lines = append(lines, kit.Banner(t.Text("window.settings.kiosk"), t.Text("window.settings.kiosk-text")))
	}
	group := func(head string, rows ...*settingRow) {
		var known []fyne.CanvasObject
		for _, r := range rows {
			if _, ok := w.settings.setting(r.key); ok {
				if len(known) > 0 {
					known = append(known, kit.NewRule(kit.RoleLine, 0, 1))
				}
				known = append(known, r.object)
			}
		}
		if len(known) > 0 {
			lines = append(lines, kit.Column(10, kit.Heading(t.Text(head)), kit.Card(kit.Column(12, known...))))
		}
	}
	if _, known := w.settings.setting(keyTheme); known {
		lines = append(lines, p.appearance())
	}
	tray := func(with, without string) string {
		if p.shown.tray {
			return with
		}
		return without
	}
	hidden := p.switchRow(keyStartHidden, "window.settings.hidden",
		tray("window.settings.hidden.about", "window.settings.hidden.about.no-tray"))
	hidden.needs = keyAutostart
	start := p.switchRow(keyAutostart, "window.settings.autostart", "window.settings.autostart.about")
	start.doubt = func(s localapi.Setting) bool { return p.noLogOn && s.Value == always }
	group("window.settings.start", start, hidden,
		p.switchRow(keyCloseToTray, tray("window.settings.tray", "window.settings.tray.no-tray"),
			tray("window.settings.tray.about", "window.settings.tray.about.no-tray")),
		p.chooserRow(keyLanguage, "window.settings.language",
			tray("window.settings.language.about", "window.settings.language.about.no-tray"), p.languages))
	group("window.settings.sign-in",
		p.switchRow(keyRememberMe, "window.settings.remember", "window.settings.remember.about"),
		p.chooserRow(keyBrowser, "window.settings.browser", "window.settings.browser.about", p.browserOptions))
	p.object.Objects = append(lines, p.about())
}

// appearance is the choice between light and dark.
func (p *settingsPage) appearance() fyne.CanvasObject {
	w, t := p.window, p.window.words
	var cards []fyne.CanvasObject
	for _, l := range []struct{ value, icon, name string }{
		{"system", "screen", "window.look.system"},
		{"light", "sun", "window.look.light"},
		{"dark", "moon", "window.look.dark"},
	} {
		c := kit.NewChoice(l.icon, t.Text(l.name), func() { w.settings.set(keyTheme, l.value) })
		p.looks[l.value] = c
		cards = append(cards, c)
	}
	note := &settingRow{window: w, key: keyTheme, note: kit.Column(0), show: func(localapi.Setting, bool) {}}
	p.rows = append(p.rows, note)
	return kit.Column(10, kit.Heading(t.Text("window.settings.look")), kit.Grid(120, 12, 3, cards...), note.note)
}

// languages are those offered by the agent.
func (p *settingsPage) languages() []kit.Option {
	t := p.window.words
	names := map[string]string{
		"system": t.Text("window.language.system"), "en": t.Text("window.language.en"), "de": t.Text("window.language.de"),
	}
	s, _ := p.window.settings.setting(keyLanguage)
	var options []kit.Option
	for _, value := range s.Values {
		text := names[value]
		if text == "" {
			text = value
		}
		options = append(options, kit.Option{Value: value, Text: text})
	}
	return options
}

// browserOptions are the browsers of this computer.
func (p *settingsPage) browserOptions() []kit.Option {
	options := []kit.Option{{Text: p.window.words.Text("window.settings.browser.system")}}
	value, listed := p.window.settings.says(keyBrowser), false
	for _, b := range p.browsers {
		options = append(options, kit.Option{Value: b.ID, Text: b.Name})
		listed = listed || b.ID == value
	}
	if name := p.named[value]; name != "" && !listed {
		options = append(options, kit.Option{Value: value, Text: name})
	}
	return options
}

// about is facts about Portico and its owner.
func (p *settingsPage) about() fyne.CanvasObject {
	w, t := p.window, p.window.words
	fact := func(name, value string, actions ...fyne.CanvasObject) fyne.CanvasObject {
		line := []fyne.CanvasObject{kit.Fixed(140, 0, kit.NewLabel(name, kit.SizeText, kit.RoleQuiet).Cut()),
			kit.NewLabel(value, kit.SizeText, kit.RoleText).Wrapped()}
		return kit.Row(16, 1, append(line, actions...)...)
	}
	var facts []fyne.CanvasObject
	if p.shown.portal != "" {
		facts = append(facts, fact(t.Text("window.settings.portal"), p.shown.portal))
	}
	if p.shown.address != "" {
		change := kit.Link(t.Text("window.settings.change"), w.changeAddress)
		change.SetOff(p.shown.fixed)
		lines := []fyne.CanvasObject{}
		if !p.shown.fixed {
			lines = append(lines, change)
		}
		address := &settingRow{window: w, key: keyPortalURL, note: kit.Column(0), show: func(localapi.Setting, bool) {}}
		p.rows = append(p.rows, address)
		facts = append(facts, kit.Column(1, fact(t.Text("window.settings.address"), p.shown.address, lines...),
			kit.Inset(0, 0, 0, 156, address.note)))
	}
	facts = append(facts, fact(t.Text("window.settings.version"), w.params.Version))
	return kit.Column(10, kit.Heading(t.Text("window.settings.about")), kit.Card(kit.Column(10, facts...)))
}
