//go:build linux || windows || (darwin && cgo)

package tray

import (
	"context"
	"io/fs"
	"log/slog"
	"runtime"
	"strings"
	"sync"

	"fyne.io/systray"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/assets"
)

// trayMenu is the icon and its menu as they are drawn.
type trayMenu struct {
	drawn   trayView
	status  *systray.MenuItem
	open    *systray.MenuItem
	apps    []*systray.MenuItem
	consent *systray.MenuItem
	signIn  *systray.MenuItem
	// with is the menu of providers, accounts the one of other accounts. Their entries
	// are made once, and hidden while not wanted.
	with      *systray.MenuItem
	providers []*systray.MenuItem
	others    *systray.MenuItem
	accounts  []*systray.MenuItem
	another   *systray.MenuItem
	signOut   *systray.MenuItem
	quit      *systray.MenuItem
}

// show runs the library until ctx ends. started is called when the icon is up.
func (t *Tray) show(ctx context.Context, started func()) {
	var parts sync.WaitGroup
	ready := make(chan struct{})
	begin := func() {
		m := t.build(t.view())
		parts.Go(func() { t.draw(ctx, m) })
		t.listen(ctx, m, &parts)
		started()
		close(ready)
	}
	// A left click opens the window, on a desktop that tells left from right.
	systray.SetOnTapped(t.p.Show)
	loop(ctx, ready, func() { systray.Run(begin, func() { t.exited(ctx) }) })
	select {
	case <-ready:
		parts.Wait()
	default: // nothing was started
	}
}

// exited is called by the library when its icon goes: because ctx has ended, or because
// Windows has announced the end of the session.
func (t *Tray) exited(ctx context.Context) {
	if ctx.Err() == nil && t.p.SessionEnds != nil {
		t.p.SessionEnds()
	}
}

// build makes the menu once. Unwanted items are hidden, so the others keep their
// places.
func (t *Tray) build(v trayView) *trayMenu {
	m := &trayMenu{}
	w := t.p.Words
	systray.SetTitle("Portico")
	systray.SetTooltip(v.tooltip)
	setTrayIcon(v.icon)
	m.status = systray.AddMenuItem(label(v.status), "")
	m.status.Disable()
	systray.AddSeparator()
	m.open = systray.AddMenuItem(label(v.open), "")
	if t.p.OpenApp != nil {
		for range trayApps {
			item := systray.AddMenuItem("", "")
			item.Hide()
			m.apps = append(m.apps, item)
		}
	}
	systray.AddSeparator()
	m.consent = systray.AddMenuItem(label(w.Text("tray.consent")), "")
	m.signIn = systray.AddMenuItem(label(w.Text("tray.sign-in")), "")
	m.with = systray.AddMenuItem(label(w.Text("tray.sign-in")), "")
	m.providers = hidden(m.with)
	m.others = systray.AddMenuItem(label(w.Text("tray.accounts")), "")
	m.accounts = hidden(m.others)
	m.another = m.others.AddSubMenuItem(label(w.Text("tray.other-account")), "")
	m.signOut = systray.AddMenuItem(label(w.Text("tray.sign-out")), "")
	for _, item := range []*systray.MenuItem{m.consent, m.signIn, m.with, m.others, m.signOut} {
		item.Hide()
	}
	systray.AddSeparator()
	m.quit = systray.AddMenuItem(label(w.Text("tray.quit")), "")
	m.drawn = trayView{icon: v.icon, tooltip: v.tooltip, status: v.status, open: v.open}
	m.update(v)
	return m
}

// hidden makes the entries of a menu of choices.
func hidden(menu *systray.MenuItem) (items []*systray.MenuItem) {
	for range trayChoices {
		item := menu.AddSubMenuItem("", "")
		item.Hide()
		items = append(items, item)
	}
	return items
}

// draw follows the state.
func (t *Tray) draw(ctx context.Context, m *trayMenu) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.dirty:
			m.update(t.view())
		}
	}
}

// update changes only differences: every call wakes the panel.
func (m *trayMenu) update(v trayView) {
	if v.icon != m.drawn.icon {
		setTrayIcon(v.icon)
	}
	if v.tooltip != m.drawn.tooltip {
		systray.SetTooltip(v.tooltip)
	}
	if v.status != m.drawn.status {
		m.status.SetTitle(label(v.status))
	}
	if v.open != m.drawn.open {
		m.open.SetTitle(label(v.open))
	}
	d := m.drawn
	turn(m.consent, d.consent, v.consent)
	turn(m.signIn, d.signIn && d.providers == nil, v.signIn && v.providers == nil)
	turn(m.with, d.providers != nil, v.providers != nil)
	turn(m.others, d.hasOthers(), v.hasOthers())
	turn(m.signOut, d.signOut, v.signOut)
	turn(m.quit, !d.stays, !v.stays)
	rename(m.apps, appTitles(d.apps), appTitles(v.apps))
	rename(m.providers, providerTitles(d.providers), providerTitles(v.providers))
	rename(m.accounts, accountTitles(d.accounts), accountTitles(v.accounts))
	m.drawn = v
}

func (v trayView) hasOthers() bool { return v.another || v.accounts != nil }

func turn(item *systray.MenuItem, was, is bool) {
	if was != is {
		show(item, is)
	}
}

// rename gives the entries of a list their titles and hides those left over.
func rename(items []*systray.MenuItem, before, now []string) {
	at := func(list []string, i int) string {
		if i < len(list) {
			return list[i]
		}
		return ""
	}
	for i, item := range items {
		was, is := at(before, i), at(now, i)
		if is != was && is != "" {
			item.SetTitle(label(is))
		}
		turn(item, was != "", is != "")
	}
}

func appTitles(apps []localapi.App) (titles []string) {
	for _, a := range apps {
		titles = append(titles, line(a.Title))
	}
	return titles
}

// listen waits for clicks. The library drops a click if nobody waits for it at the
// moment, so every item has somebody.
func (t *Tray) listen(ctx context.Context, m *trayMenu, parts *sync.WaitGroup) {
	on := func(item *systray.MenuItem, do func()) {
		parts.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-item.ClickedCh:
					do()
				}
			}
		})
	}
	on(m.open, t.p.Show)
	on(m.signIn, t.signIn)
	on(m.signOut, t.p.SignOut)
	on(m.quit, t.p.Quit)
	if t.p.AskAdministrator != nil {
		on(m.consent, t.p.AskAdministrator)
	}
	if t.p.SignInAnother != nil {
		on(m.another, t.p.SignInAnother)
	}
	for i, item := range m.providers {
		on(item, func() {
			if v := t.view(); i < len(v.providers) {
				t.p.SignInWith(v.providers[i].ID)
			}
		})
	}
	for i, item := range m.accounts {
		on(item, func() {
			if v := t.view(); i < len(v.accounts) {
				t.p.UseAccount(v.accounts[i].ID)
			}
		})
	}
	for i, item := range m.apps {
		on(item, func() {
			if v := t.view(); i < len(v.apps) {
				t.p.OpenApp(v.apps[i].ID)
			}
		})
	}
}

func show(item *systray.MenuItem, visible bool) {
	if visible {
		item.Show()
	} else {
		item.Hide()
	}
}

func setTrayIcon(name string) {
	ext := ".png"
	if runtime.GOOS == "windows" {
		ext = ".ico"
	}
	if icon, err := fs.ReadFile(assets.TrayIcons, "icons/tray-"+name+ext); err == nil {
		// Without the session bus the library panics, after it has kept the icon for the
		// next one.
		defer func() {
			if cause := recover(); cause != nil {
				slog.Debug("the icon is not shown", "cause", cause)
			}
		}()
		systray.SetIcon(icon)
	}
}

// label keeps a character of the text from becoming the mark of a keyboard
// shortcut: & on Windows, _ in a D-Bus menu.
func label(text string) string {
	switch runtime.GOOS {
	case "windows":
		return strings.ReplaceAll(text, "&", "&&")
	case "linux":
		return strings.ReplaceAll(text, "_", "__")
	}
	return text
}
