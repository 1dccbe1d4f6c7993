package ui

import (
	"reflect"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// signedOut is the portal's door: its sign, the people remembered here, and a way in for
// everybody else. After a failed attempt it says why.
type signedOut struct {
	window   *window
	root     fyne.CanvasObject
	body     *fyne.Container
	controls []fyne.Disableable // wait while something is under way
	keep     *kit.Checkbox
	kept     *settingRow // the setting of keep
	address  *addressField
	byHand   bool // choose the way in instead of typing an address
	shown    shownDoor
}

// entrance is what the door offers.
type entrance int

const (
	entranceNone    entrance = iota // not known yet
	entrancePeople                  // go on as a remembered person
	entranceAddress                 // an address decides on the provider
	entranceWays                    // a button for each way in
)

// shownDoor is what the screen was last built from.
type shownDoor struct {
	name      string
	entrance  entrance
	providers []localapi.Provider
	accounts  []localapi.Account
	former    []localapi.Account // can only be signed out
	problem   *localapi.Problem
	note      string
	adding    bool
	canLeave  bool
}

func newSignedOut(w *window) *signedOut {
	t := w.words
	s := &signedOut{window: w, body: kit.Column(14)}
	s.root = kit.Sheet(400, true, kit.Inset(24, 0, 24, 0, s.body))
	s.keep = kit.NewCheckbox(t.Text("window.out.keep"), w.words.onOff(), w.settings.remembers(), func(on bool) {
		value := never
		if on {
			value = always
		}
		w.settings.set(keyRememberMe, value)
	})
	s.kept = &settingRow{window: w, key: keyRememberMe, note: kit.Column(0), centred: true, show: func(_ localapi.Setting, off bool) {
		s.keep.SetOff(off || w.deeds.working)
		s.keep.Set(w.settings.remembers())
	}}
	s.address = newAddressField(w)
	return s
}

func (s *signedOut) object() fyne.CanvasObject { return s.root }
func (s *signedOut) close()                    {}

func (s *signedOut) focus() fyne.Focusable {
	if s.shown.entrance == entranceAddress {
		return s.address.field
	}
	return nil
}

// first is the first way in.
func (s *signedOut) first() fyne.Tappable {
	if len(s.controls) == 0 {
		return nil
	}
	first, _ := s.controls[0].(fyne.Tappable)
	return first
}

// back leaves the person's choices on the way, one step at a time.
func (s *signedOut) back() bool {
	w := s.window
	switch {
	case s.byHand:
		s.byHand = false
	case w.detours.adding:
		w.detours.adding, w.deeds.trouble = false, nil
	default:
		return false
	}
	w.win.Canvas().Unfocus()
	w.refresh()
	return true
}

func (s *signedOut) update() {
	w := s.window
	problem := w.deeds.trouble
	if problem == nil && w.deeds.signedOut == "" && !w.detours.adding {
		problem = w.agent.state.Session.Problem
	}
	door := shownDoor{
		name: w.agent.state.Portal.Name, entrance: s.entrance(), providers: w.agent.state.Portal.Providers,
		accounts: w.accounts.list, former: w.accounts.former, problem: problem, note: w.deeds.signedOut,
		adding: w.detours.adding, canLeave: w.detours.adding || s.byHand,
	}
	if !reflect.DeepEqual(s.shown, door) {
		turned := s.shown.entrance != door.entrance
		s.shown = door
		s.build(door)
		if c := w.win.Canvas(); turned && door.entrance == entranceAddress && c.Focused() == nil {
			c.Focus(s.address.field)
		}
	}
	for _, c := range s.controls {
		if w.deeds.working {
			c.Disable()
		} else {
			c.Enable()
		}
	}
	s.kept.update()
	s.address.update(w.deeds.working)
}

// entrance is what to offer now.
func (s *signedOut) entrance() entrance {
	w := s.window
	switch {
	case !w.accounts.known:
		return entranceNone
	case !w.detours.adding && len(w.accounts.list) > 0:
		return entrancePeople
	case w.agent.state.Portal.AddressFirst && !s.byHand:
		return entranceAddress
	}
	return entranceWays
}

func (s *signedOut) build(d shownDoor) {
	w := s.window
	s.controls = nil
	lines := []fyne.CanvasObject{kit.Fixed(0, 64, kit.Middle(kit.NewBrand(w.brandPicture, 64))), kit.Gap(6 - 14)}
	lines = append(lines, s.head(d)...)
	switch d.entrance {
	case entrancePeople:
		lines = append(lines, s.people(d)...)
	case entranceAddress:
		lines = append(lines, s.addressed(d)...)
	case entranceWays:
		lines = append(lines, s.ways(d)...)
	}
	for _, line := range w.account.formers() {
		s.controls = append(s.controls, line)
		lines = append(lines, line)
	}
	s.body.Objects = lines
	s.root.Refresh()
}

// head is the door's name, and how the last attempt ended.
func (s *signedOut) head(d shownDoor) []fyne.CanvasObject {
	t := s.window.words
	if d.adding && !refused(d.problem) {
		head := []fyne.CanvasObject{kit.Title(t.Text("window.out.another-title")).Centred()}
		if len(d.accounts) > 0 {
			head = append(head, kit.Body(t.Text("window.out.another-text")).Centred())
		}
		return append(head, kit.Gap(2))
	}
	name := kit.Title(d.name).Centred()
	switch {
	case refused(d.problem) && (d.entrance != entranceAddress || !aboutAddress(d.problem)):
		return []fyne.CanvasObject{name, s.refusal(d.problem)}
	case d.problem != nil && d.problem.Code == localapi.Cancelled: // the person knows why
		return []fyne.CanvasObject{name, kit.Body(t.Problem(d.problem).Title).Centred(), kit.Gap(6)}
	case d.note != "":
		return []fyne.CanvasObject{name, kit.Body(d.note).Centred(), kit.Gap(6)}
	case d.entrance == entrancePeople:
		return []fyne.CanvasObject{name, kit.Body(t.Text("window.out.who")).Centred(), kit.Gap(6)}
	}
	return []fyne.CanvasObject{name, kit.Body(t.Text("window.out.text")).Centred(), kit.Gap(6)}
}

func refused(p *localapi.Problem) bool { return p != nil && p.Code != localapi.Cancelled }

// people are the remembered accounts, and the way to another one.
func (s *signedOut) people(d shownDoor) []fyne.CanvasObject {
	w, t := s.window, s.window.words
	var cards []fyne.CanvasObject
	for _, a := range d.accounts {
		p := kit.NewPerson(kit.Initials(a.Name, a.Email), t.Text("window.out.continue-as", "Name", fullName(&a)), w.account.line(a),
			func() { w.deeds.useAccount(a.ID) })
		s.controls = append(s.controls, p)
		cards = append(cards, p)
	}
	other := kit.Secondary(t.Text("window.out.another"), w.deeds.anotherAccount).With("plus")
	s.controls = append(s.controls, other)
	return []fyne.CanvasObject{kit.Column(10, cards...), other}
}

// ways are the buttons of the providers.
func (s *signedOut) ways(d shownDoor) []fyne.CanvasObject {
	w, t := s.window, s.window.words
	var lines []fyne.CanvasObject
	for i, p := range d.providers {
		kind := kit.Secondary
		if i == 0 {
			kind = kit.Primary
		}
		b := kind(t.Text("window.out.sign-in", "Provider", p.Title), func() {
			w.deeds.signIn(localapi.SignInRequest{Provider: p.ID, Another: d.adding || wantsAnother(d.problem)})
		}).Saying(p.Description)
		s.controls = append(s.controls, b)
		lines = append(lines, b)
	}
	lines = append(lines, s.foot(d)...)
	return lines
}

// foot is below every way in.
func (s *signedOut) foot(d shownDoor) []fyne.CanvasObject {
	t := s.window.words
	lines := []fyne.CanvasObject{kit.Column(2, kit.Middle(s.keep), s.kept.note)}
	if !refused(d.problem) {
		lines = append(lines, kit.Gap(-10), kit.Small(t.Text("window.out.small")).Centred())
	}
	if d.canLeave {
		lines = append(lines, kit.Middle(kit.Link(t.Text("window.back"), func() { s.back() })))
	}
	return lines
}

// refusal says how the last attempt ended.
func (s *signedOut) refusal(p *localapi.Problem) fyne.CanvasObject {
	w := s.window
	e := w.words.inWords(p)
	lines := []fyne.CanvasObject{kit.NewLabel(e.Title, kit.SizeText, kit.RoleText).Strong().Wrapped(), kit.Body(e.Text)}
	lines = append(lines, kit.NewLabel(joinedSentences(e.Who, e.Next), kit.SizeText, kit.RoleText).Wrapped())
	if wantsProxyPassword(p) {
		again := w.deeds.renew
		if way := w.deeds.tried; way != nil {
			again = func() { w.deeds.signIn(*way) } // the person was about to do this
		}
		give := w.dialogs.givePassword(kit.Secondary, p, again)
		s.controls = append(s.controls, give)
		lines = append(lines, kit.Gap(4), give)
	}
	d := w.dialogs.details(e, s.root.Refresh)
	return kit.Column(4, kit.Card(kit.RowTop(12,
		kit.Fixed(20, 20, kit.NewGlyph("alert", 20, kit.RoleBad)), kit.Column(4, lines...))), d.object)
}

// joinedSentences sets sentences behind one another.
func joinedSentences(sentences ...string) string {
	text := ""
	for _, s := range sentences {
		if s != "" && text != "" {
			text += " "
		}
		text += s
	}
	return text
}

// wantsAnother says whether the same account would be refused again.
func wantsAnother(p *localapi.Problem) bool {
	if p == nil {
		return false
	}
	switch p.Code {
	case localapi.WrongAccount, localapi.TenantNotAllowed, localapi.DomainNotAllowed, localapi.PersonalAccount:
		return true
	}
	return false
}
