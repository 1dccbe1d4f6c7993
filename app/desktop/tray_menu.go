//go:build linux || windows || (darwin && cgo)

package desktop

import (
	"context"
	"io/fs"
	"runtime"
	"strings"
	"sync"

	"fyne.io/systray"

	"github.com/portico-desktop/portico/assets"
)

// trayMenu is the icon and its menu as they are drawn.
type trayMenu struct {
	drawn   trayView
	status  *systray.MenuItem
	open    *systray.MenuItem
	apps    []*systray.MenuItem
	signIn  *systray.MenuItem
	signOut *systray.MenuItem
	quit    *systray.MenuItem
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
	// A left click opens the window, where a desktop tells left from right.
	systray.SetOnTapped(t.p.Show)
	loop(ctx, ready, func() { systray.Run(begin, nil) })
	select {
	case <-ready:
		parts.Wait()
	default: // nothing was started
	}
}

// build makes the menu once; items that are not wanted are hidden, so that
// those in use keep their places.
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
	m.signIn = systray.AddMenuItem(label(w.Text("tray.sign-in")), "")
	m.signOut = systray.AddMenuItem(label(w.Text("tray.sign-out")), "")
	show(m.signIn, v.signIn)
	show(m.signOut, v.signOut)
	systray.AddSeparator()
	m.quit = systray.AddMenuItem(label(w.Text("tray.quit")), "")
	m.drawn = v
	m.drawn.apps = nil
	m.update(v)
	return m
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

// update changes what differs: every call wakes the panel.
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
	if v.signIn != m.drawn.signIn {
		show(m.signIn, v.signIn)
	}
	if v.signOut != m.drawn.signOut {
		show(m.signOut, v.signOut)
	}
	for i, item := range m.apps {
		was, is := "", ""
		if i < len(m.drawn.apps) {
			was = line(m.drawn.apps[i].Title)
		}
		if i < len(v.apps) {
			is = line(v.apps[i].Title)
		}
		if is != was && is != "" {
			item.SetTitle(label(is))
		}
		if (is == "") != (was == "") {
			show(item, is != "")
		}
	}
	m.drawn = v
}

// listen waits for clicks. The library drops a click for which nobody waits at
// that moment, so every item has somebody.
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
