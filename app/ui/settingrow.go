package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// settingRow is a line of the settings: its words, who has locked it or why a change was
// refused, and the control.
type settingRow struct {
	window *window
	key    string
	object *fyne.Container
	// show brings the control up to date; off: it cannot be changed.
	show func(s localapi.Setting, off bool)
	// needs is another setting without which this one means nothing, "" for none.
	needs string
	// doubt says whether the value is not what happens here; nil for never.
	doubt func(s localapi.Setting) bool
	note  *fyne.Container
	noted shownNote
	// centred notes stand in the middle.
	centred bool
}

// shownNote is the words below a setting.
type shownNote struct {
	locked  bool
	by, url string
	refusal *localapi.Problem
	doubt   bool
}

// row makes a line around a control.
func (p *settingsPage) row(key, name, about string, control fyne.CanvasObject, show func(localapi.Setting, bool)) *settingRow {
	r := &settingRow{window: p.window, key: key, note: kit.Column(0), show: show}
	r.object = kit.Row(24, 0, kit.Column(1, kit.NewLabel(name, kit.SizeText, kit.RoleText).Wrapped(), kit.Small(about), r.note), control)
	if _, known := p.window.settings.setting(key); known {
		p.rows = append(p.rows, r)
	}
	return r
}

// switchRow is a line with a switch.
func (p *settingsPage) switchRow(key, name, about string) *settingRow {
	w, t := p.window, p.window.words
	control := kit.NewToggle(t.Text(name), w.words.onOff(), func(on bool) {
		value := never
		if on {
			value = always
		}
		w.settings.set(key, value)
	})
	return p.row(key, t.Text(name), t.Text(about), control, func(s localapi.Setting, off bool) {
		control.Set(s.Value == always, off)
	})
}

// chooserRow is a line with a menu; its options may change while it is shown.
func (p *settingsPage) chooserRow(key, name, about string, options func() []kit.Option) *settingRow {
	w, t := p.window, p.window.words
	control := kit.NewChooser(&w.dialogs.popup, t.Text(name), func(value string) { w.settings.set(key, value) })
	return p.row(key, t.Text(name), t.Text(about), control, func(s localapi.Setting, off bool) {
		control.Set(s.Value, options(), off)
	})
}

// update shows the value in force.
func (r *settingRow) update() {
	w := r.window
	s, _ := w.settings.setting(r.key)
	if len(r.note.Objects) == 0 {
		r.note.Hide() // it would keep a distance
	}
	r.show(s, s.Locked || r.needs != "" && w.settings.says(r.needs) == never)
	now := shownNote{locked: s.Locked, refusal: w.settings.refusals[r.key]}
	now.doubt = r.doubt != nil && r.doubt(s)
	if s.Locked {
		now.by = w.words.managedBy()
		if m := w.agent.state.Managed; m != nil {
			now.url = m.URL
		}
	}
	if now == r.noted {
		return
	}
	r.noted = now
	r.note.Objects, r.note.Hidden = nil, !now.locked && now.refusal == nil && !now.doubt
	switch {
	case now.locked && r.centred:
		r.note.Objects = []fyne.CanvasObject{kit.Middle(lockedNote(w.words, w.agent.state.Managed, w.browser.link))}
	case now.locked:
		r.note.Objects = []fyne.CanvasObject{kit.Row(0, -1, lockedNote(w.words, w.agent.state.Managed, w.browser.link))}
	case now.refusal != nil:
		e := w.words.inWords(now.refusal)
		r.note.Objects = []fyne.CanvasObject{kit.Inset(3, 0, 0, 0, kit.RowTop(6,
			kit.Fixed(14, 18, kit.NewGlyph("alert", 14, kit.RoleBad)),
			kit.NewLabel(joinedSentences(sentence(e.Title), e.Next), kit.SizeSmall, kit.RoleBad).Wrapped()))}
	}
	if now.doubt {
		r.note.Objects = append(r.note.Objects, kit.Inset(3, 0, 0, 0, kit.RowTop(8,
			kit.Fixed(16, 18, kit.NewGlyph("alert", 16, kit.RoleWarning)),
			kit.NewLabel(w.words.Text("window.settings.autostart.nothing"), kit.SizeSmall, kit.RoleWarning).Wrapped())))
	}
	r.note.Refresh()
}

// lockedNote says who has locked a setting, and leads to their page about it.
func lockedNote(t *speech, m *localapi.Managed, open func(url string)) fyne.CanvasObject {
	text := t.managedBy()
	if m != nil && m.URL != "" {
		// A link keeps a distance to its edge: its text would stand further in than others.
		return kit.Inset(0, 0, -4, -8, kit.Link(text, func() { open(m.URL) }).Fine().With("lock"))
	}
	return kit.Inset(3, 0, 0, 0, kit.Row(8, -1, kit.NewGlyph("lock", 16, kit.RoleQuiet), kit.NewLabel(text, kit.SizeSmall, kit.RoleQuiet)))
}
