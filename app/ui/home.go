package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

const railWidth = 200

// section is a part of Home that the rail leads to.
type section int

const (
	sectionHome section = iota
	sectionApps
	sectionHelp
	sectionSettings
)

// home is the window of somebody who is signed in: the rail, the search field,
// the account, and the page that the rail chose.
type home struct {
	window  *window
	root    fyne.CanvasObject
	name    *kit.Label
	entries map[section]*kit.Entry
	query   *kit.Field
	clear   *fyne.Container // what stands at the end of the search field
	account *kit.Avatar
	page    *fyne.Container
	sheet   *fyne.Container
	shown   shownHome
	built   bool
	// settings is the page of that name, which is brought up to date, not built anew.
	settings *settingsPage
}

func newHome(w *window) *home {
	t := w.words
	h := &home{window: w, entries: make(map[section]*kit.Entry), settings: newSettingsPage(w)}
	h.name = kit.NewLabel("", kit.SizeButton, kit.RoleText).Strong().Cut()
	nav := func(s section, icon, id string) *kit.Entry {
		e := kit.NewEntry(icon, t.Text(id), func() { h.turn(s) })
		h.entries[s] = e
		return e
	}
	rail := kit.Layers(
		kit.NewRule(kit.RoleRail, railWidth, 0),
		kit.Inset(16, 12, 16, 12, kit.Column(4,
			kit.Inset(4, 8, 16, 8, kit.Row(10, 1, kit.NewBrand(w.brandPicture, 28), h.name)),
			nav(sectionHome, "home", "window.nav.home"),
			nav(sectionApps, "apps", "window.nav.apps"),
			kit.Stretch(),
			nav(sectionHelp, "question", "window.nav.help"),
			nav(sectionSettings, "settings", "window.nav.settings"))))

	h.query = kit.NewField("search", t.Text("window.search"), t.Text("window.search"), w.keyboard.shortcut)
	h.query.OnChanged = func(string) { h.render() }
	h.query.OnSubmitted = func(string) { h.openFirst() }
	h.clear = kit.Hold(kit.Keycap(t.Text("window.search.key")))
	search := container.New(searchLayout{}, kit.FramedField(h.query), h.clear)

	h.account = kit.NewAvatar(36, "", t.Text("window.account"), func() { w.account.show(h.account) })
	h.page = kit.Hold(kit.Gap(0))
	h.sheet = kit.Sheet(0, false, kit.Inset(0, 28, 24, 28, h.page))
	main := container.New(mainLayout{}, kit.Inset(20, 28, 16, 28, kit.Row(16, 0, kit.Fixed(0, kit.FieldHeight, search), h.account)), h.sheet)
	h.root = shellFrame(rail, main)
	return h
}

// shellFrame puts the rail, its edge and the main part side by side.
func shellFrame(rail, main fyne.CanvasObject) fyne.CanvasObject {
	return container.New(shellLayout{}, rail, kit.NewRule(kit.RoleLine, 1, 0), main)
}

type shellLayout struct{}

func (shellLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(railWidth, 100) }

func (shellLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	kit.Place(o[0], 0, 0, railWidth-1, size.Height)
	kit.Place(o[1], railWidth-1, 0, 1, size.Height)
	kit.Place(o[2], railWidth, 0, size.Width-railWidth, size.Height)
}

// mainLayout puts the head above and gives the page the rest.
type mainLayout struct{}

func (mainLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(100, 100) }

func (mainLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	head := kit.HeightOf(o[0], size.Width)
	kit.Place(o[0], 0, 0, size.Width, head)
	kit.Place(o[1], 0, head, size.Width, size.Height-head)
}

// searchLayout lays the key that leads to the field over its end.
type searchLayout struct{}

func (searchLayout) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (searchLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	kit.Place(o[0], 0, 0, size.Width, size.Height)
	key := o[1].MinSize()
	kit.Place(o[1], size.Width-key.Width-12, (size.Height-20)/2, key.Width, 20)
}

func (h *home) object() fyne.CanvasObject { return h.root }
func (h *home) focus() fyne.Focusable     { return nil }
func (h *home) close()                    {}

// back empties the search, or returns to the first page.
func (h *home) back() bool {
	switch {
	case h.query.Text == "" && h.window.screens.section == sectionHelp && h.window.screens.help.back():
	case h.query.Text != "":
		h.query.SetText("")
		h.leaveSearch()
	case h.leaveSearch():
	case h.window.screens.section != sectionHome:
		h.turn(sectionHome)
	default:
		return false
	}
	return true
}

// search puts the cursor into the search field.
func (h *home) search() {
	h.window.dialogs.popup.Close()
	h.window.win.Canvas().Focus(h.query)
}

// leaveSearch takes the cursor out of the search field, and says whether it
// was there.
func (h *home) leaveSearch() bool {
	c := h.window.win.Canvas()
	if c.Focused() != h.query {
		return false
	}
	c.Unfocus()
	return true
}

// turn shows another page.
func (h *home) turn(s section) {
	if s == sectionHelp {
		h.window.screens.help.turn(helpFirst)
	}
	h.window.screens.section = s
	h.query.SetText("")
	h.leaveSearch()
	h.update()
}

func (h *home) update() {
	w := h.window
	h.name.Set(w.agent.title())
	if a := w.agent.state.Session.Account; a != nil {
		h.account.Text.Set(kit.Initials(a.Name, a.Email))
		h.account.Name = a.Name
	}
	if len(h.apps()) == 0 {
		h.entries[sectionApps].Hide()
		if w.screens.section == sectionApps {
			w.screens.section = sectionHome
		}
	} else {
		h.entries[sectionApps].Show()
	}
	for s, e := range h.entries {
		e.Choose(s == w.screens.section)
	}
	h.render()
}

func (h *home) apps() []localapi.App {
	if p := h.window.agent.state.Portal; p != nil {
		return p.Apps
	}
	return nil
}

// render builds the page, when it is another one than is shown.
func (h *home) render() {
	now := h.snapshot()
	switch now.lasting() {
	case sectionSettings:
		h.settings.update()
	case sectionHelp:
		h.window.screens.help.host = h.sheet
		h.window.screens.help.update()
	}
	if h.built && now.same(h.shown) {
		return
	}
	turned := now.section != h.shown.section || now.query != h.shown.query
	h.built, h.shown = true, now
	var page fyne.CanvasObject
	switch {
	case now.query != "":
		page = h.results(now.query)
	case now.section == sectionApps:
		page = h.appsPage()
	case now.section == sectionSettings:
		page = h.settings.object
	case now.section == sectionHelp:
		page = h.window.screens.help.object
	default:
		page = h.homePage()
	}
	if now.query == "" {
		h.clear.Show()
	} else {
		h.clear.Hide()
	}
	h.page.Objects = []fyne.CanvasObject{page}
	if turned {
		kit.ScrollUp(h.sheet)
	}
	h.root.Refresh()
}
