package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/portico-desktop/portico/app/ui/kit"
)

const railWidth = 200

// home is the window of a signed-in person: the rail, the search field, the account, and
// the page in front. It stays while other screens are shown, until somebody else is
// signed in.
type home struct {
	window  *window
	root    fyne.CanvasObject
	name    *kit.Label
	entries map[string]*kit.Entry
	query   *kit.Field
	clear   *fyne.Container // at the end of the search field
	account *kit.Avatar
	place   *fyne.Container  // holds the page
	pages   map[string]*page // those shown so far
	front   string           // the one in front, "" before the first
}

func newHome(w *window) *home {
	t := w.words
	h := &home{window: w, entries: make(map[string]*kit.Entry), pages: make(map[string]*page)}
	h.name = kit.NewLabel("", kit.SizeButton, kit.RoleText).Strong().Cut()
	brand := kit.Inset(4, 8, 16, 8, kit.Row(10, 1, kit.NewBrand(w.brandPicture, 28), h.name))
	rail := kit.Layers(kit.NewRule(kit.RoleRail, railWidth, 0),
		kit.Inset(16, 12, 16, 12, kit.Column(4, append([]fyne.CanvasObject{brand}, h.railLines()...)...)))

	h.query = kit.NewField("search", t.Text("window.search"), t.Text("window.search"), w.keyboard.shortcut)
	h.query.OnChanged = func(text string) {
		w.screens.query = text
		h.render()
		h.root.Refresh()
	}
	h.query.OnSubmitted = func(string) { h.openFirst() }
	h.clear = kit.Hold(kit.Keycap(t.Text("window.search.key")))
	search := container.New(searchLayout{}, kit.FramedField(h.query), h.clear)

	h.account = kit.NewAvatar(36, "", t.Text("window.account"), func() { w.account.show(h.account) })
	h.place = container.NewStack()
	main := container.New(mainLayout{}, kit.Inset(20, 28, 16, 28, kit.Row(16, 0, kit.Fixed(0, kit.FieldHeight, search), h.account)), h.place)
	h.root = shellFrame(rail, main)
	return h
}

// railLines are the pages in the rail.
func (h *home) railLines() []fyne.CanvasObject {
	w := h.window
	line := func(place railPlace) (lines []fyne.CanvasObject) {
		for _, row := range w.screens.pages {
			if row.rail == place {
				e := kit.NewEntry(row.icon, w.words.Text(row.title), func() { h.turn(row.name) })
				h.entries[row.name] = e
				lines = append(lines, e)
			}
		}
		return lines
	}
	return append(append(line(railTop), kit.Stretch()), line(railBottom)...)
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

// searchLayout lays the key for the field over its end.
type searchLayout struct{}

func (searchLayout) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (searchLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	kit.Place(o[0], 0, 0, size.Width, size.Height)
	key := o[1].MinSize()
	kit.Place(o[1], size.Width-key.Width-12, (size.Height-20)/2, key.Width, 20)
}

func (h *home) object() fyne.CanvasObject { return h.root }

// focus is the last place of the keyboard on the page in front.
func (h *home) focus() fyne.Focusable {
	if p := h.pages[h.front]; p != nil {
		return p.returnTo()
	}
	return nil
}

// close keeps the page in front as it is, for when Home is shown again.
func (h *home) close() {
	if p := h.pages[h.front]; p != nil {
		p.leave(h.window.win.Canvas())
	}
}

// forget gives up all pages: they were somebody else's.
func (h *home) forget() {
	for _, p := range h.pages {
		if p.close != nil {
			p.close()
		}
	}
	h.pages, h.front = make(map[string]*page), ""
}

// back leaves a part of the page, empties the search, or returns to the first page.
func (h *home) back() bool {
	s := &h.window.screens
	switch p := h.pages[h.front]; {
	case h.query.Text == "" && p != nil && p.back != nil && p.back():
	case h.query.Text != "":
		h.query.SetText("")
		h.leaveSearch()
	case h.leaveSearch():
	case s.at != s.first():
		h.turn(s.first())
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

// leaveSearch takes the cursor out of the search field, and says whether it was there.
func (h *home) leaveSearch() bool {
	c := h.window.win.Canvas()
	if c.Focused() != h.query {
		return false
	}
	c.Unfocus()
	return true
}

// turn shows another page.
func (h *home) turn(name string) {
	h.window.screens.at = name
	h.query.SetText("")
	h.leaveSearch()
	h.update()
	if p := h.pages[h.front]; p.turned != nil {
		p.turned()
	}
	h.root.Refresh()
	// A person with the keys in the rail goes on there. Only a drawn widget can be
	// focused.
	if c, f := h.window.win.Canvas(), h.focus(); f != nil && c.Focused() == nil {
		c.Focus(f)
	}
}

func (h *home) update() {
	w := h.window
	h.name.Set(w.agent.title())
	if a := w.agent.state.Session.Account; a != nil {
		h.account.Text.Set(kit.Initials(a.Name, a.Email))
		h.account.Name = a.Name
	}
	for _, row := range w.screens.pages {
		offered := row.offered == nil || row.offered(w)
		if e := h.entries[row.name]; e != nil && offered {
			e.Show()
		} else if e != nil {
			e.Hide()
		}
		if row.name == w.screens.at && !offered {
			w.screens.at = w.screens.first()
		}
	}
	for name, e := range h.entries {
		e.Choose(name == w.screens.at)
	}
	h.render()
}

// render brings the pages up to date, and the right one to the front.
func (h *home) render() {
	w, name := h.window, h.window.screens.at
	if w.screens.searched() != "" {
		name = pageSearch
	}
	p := h.page(name)
	for _, kept := range h.pages {
		if kept.change != nil {
			kept.change()
		}
	}
	h.clear.Hidden = w.screens.searched() != ""
	if name == h.front {
		return
	}
	if left := h.pages[h.front]; left != nil && left.leave(w.win.Canvas()) {
		w.win.Canvas().Unfocus()
	}
	h.front = name
	h.place.Objects = []fyne.CanvasObject{p.sheet}
}

// page is the page of this name, made if it has not been shown yet.
func (h *home) page(name string) *page {
	if p := h.pages[name]; p != nil {
		return p
	}
	var p *page
	for _, row := range h.window.screens.pages {
		if row.name == name {
			p = row.make(h.window)
		}
	}
	p.sheet = kit.Sheet(0, false, kit.Inset(0, 28, 24, 28, p.content))
	h.pages[name] = p
	return p
}

// leave notes the keyboard's place on the page, and says whether it has one.
func (p *page) leave(c fyne.Canvas) bool {
	p.focused = nil
	if o, ok := c.Focused().(fyne.CanvasObject); ok && kit.Holds(p.sheet, o) {
		p.focused = c.Focused()
	}
	return p.focused != nil
}

// returnTo is the keyboard's last place on the page, if still there, or else its first
// one; nil for nowhere.
func (p *page) returnTo() fyne.Focusable {
	if o, ok := p.focused.(fyne.CanvasObject); ok && kit.Holds(p.sheet, o) {
		return p.focused
	}
	if p.focus != nil {
		return p.focus()
	}
	return nil
}
