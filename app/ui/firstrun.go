package ui

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// typingPause is how long a person may pause while typing before the window looks at the
// address.
const typingPause = 600 * time.Millisecond

// firstRun asks for the portal's address and looks at it while it is typed.
type firstRun struct {
	window *window
	root   fyne.CanvasObject
	field  *kit.Field
	answer *fyne.Container // news about the typed text
	onward *kit.Button

	stopTyping func() // ends the pause before the next look
	stopLook   context.CancelFunc
	looked     string                // the address of found
	found      *localapi.PortalCheck // nil until there is a portal for sure
	asked      bool                  // Enter was pressed: go on when it is found
	gave       bool                  // a proxy's password was given, and nothing found since
}

func newFirstRun(w *window) *firstRun {
	t := w.words
	s := &firstRun{window: w, stopTyping: func() {}, stopLook: func() {}}
	s.field = kit.NewField("globe", t.Text("window.first.label"), t.Text("window.first.placeholder"), w.keyboard.shortcut)
	s.field.OnChanged = s.typed
	s.field.OnSubmitted = func(string) { s.enter() }
	s.answer = kit.Hold(kit.Small(""))
	s.onward = kit.Primary(t.Text("window.first.continue"), s.goOn)
	s.onward.Disable()

	heading := t.Text("window.first.title")
	if w.detours.addressed {
		heading = t.Text("window.first.another")
	}
	lines := []fyne.CanvasObject{
		kit.Fixed(0, 64, kit.Middle(kit.NewBrand(w.brandPicture, 64))),
		kit.Gap(2),
		kit.Title(heading).Centred(),
		kit.Body(t.Text("window.first.text")).Centred(),
		kit.Gap(2),
		kit.Column(6,
			kit.NewLabel(t.Text("window.first.label"), kit.SizeLabel, kit.RoleText).Strong(),
			kit.FramedField(s.field),
			kit.AtLeast(84, s.answer)),
		s.onward,
	}
	if w.detours.addressed {
		lines = append(lines, kit.Link(t.Text("window.back"), func() { s.back() }))
	}
	s.root = kit.Sheet(400, true, kit.Inset(24, 0, 24, 0, kit.Column(14, lines...)))
	s.hint()
	if w.detours.addressed {
		s.field.SetText(w.agent.state.PortalAddress)
		s.field.Entry.TypedShortcut(&fyne.ShortcutSelectAll{}) // typing replaces it
	}
	return s
}

func (s *firstRun) object() fyne.CanvasObject { return s.root }
func (s *firstRun) focus() fyne.Focusable     { return s.field }

func (s *firstRun) update() {
	s.onward.SetOff(s.found == nil || s.window.deeds.working)
}

// changeAddress asks for another portal's address, in place of the present one, unless IT
// has decided it.
func (w *window) changeAddress() {
	w.detours.addressed = !w.settings.portalFixed()
	w.refresh()
}

// back returns to the portal there was, if there was one.
func (s *firstRun) back() bool {
	if !s.window.detours.addressed {
		return false
	}
	s.window.detours.addressed = false
	s.window.refresh()
	return true
}

func (s *firstRun) close() {
	s.stopTyping()
	s.stopLook()
}

// say replaces the words below the field. The rest below makes room.
func (s *firstRun) say(o fyne.CanvasObject) {
	s.answer.Objects = []fyne.CanvasObject{kit.Column(0, o)}
	s.root.Refresh()
	s.update()
}

func (s *firstRun) hint() { s.say(kit.Small(s.window.words.Text("window.first.hint"))) }

// typed waits for a pause and then looks at the typed text.
func (s *firstRun) typed(string) {
	s.stopTyping()
	s.stopLook()
	s.found, s.asked = nil, false
	s.hint()
	if s.address() != "" {
		s.stopTyping = s.window.jobs.after(typingPause, s.look)
	}
}

func (s *firstRun) address() string { return strings.TrimSpace(s.field.Text) }

// enter goes on if the portal is known, and looks at once if not.
func (s *firstRun) enter() {
	switch {
	case s.found != nil:
		s.goOn()
	case s.address() != "":
		s.asked = true
		s.look()
	}
}

// look asks the agent about the address.
func (s *firstRun) look() {
	s.stopTyping()
	s.stopLook()
	w, address := s.window, s.address()
	s.say(kit.Small(w.words.Text("window.first.looking")))
	ctx, cancel := context.WithCancel(w.jobs.ctx)
	s.stopLook = cancel
	var check localapi.PortalCheck
	w.jobs.call(func(context.Context) error {
		var err error
		check, err = w.agent.api.CheckPortal(ctx, localapi.PortalRequest{Address: address})
		return err
	}, func(err error) {
		if ctx.Err() != nil {
			return // something else was typed meanwhile
		}
		cancel()
		if p := problemOf(err); p != nil {
			s.refuse(p)
			return
		}
		s.looked, s.found = address, &check
		s.welcome()
		if s.asked {
			s.goOn()
		}
	})
}

// refuse tells in plain words the fault of the address.
func (s *firstRun) refuse(p *localapi.Problem) {
	if wantsProxyPassword(p) {
		w, again := s.window, s.gave
		give := w.dialogs.givePassword(kit.Secondary, p, func() {
			s.gave = true
			s.look()
		})
		s.gave = false
		s.say(kit.Column(8, fieldTrouble(w.words.Problem(p)), give))
		if again {
			w.win.Canvas().Focus(give) // as the one before had it
		}
		return
	}
	s.say(fieldTrouble(s.window.words.Problem(p)))
}

// welcome shows the portal found.
func (s *firstRun) welcome() {
	t := s.window.words
	titles := make([]string, 0, len(s.found.Providers))
	for _, p := range s.found.Providers {
		titles = append(titles, p.Title)
	}
	s.say(kit.Layers(
		kit.NewPanel(kit.RoleSoft, kit.RoleNone, kit.RadiusControl),
		kit.Inset(10, 12, 10, 12, kit.Row(10, 1,
			kit.NewGlyph("check", 20, kit.RoleAccent),
			kit.Column(0,
				kit.NewLabel(s.found.Name, kit.SizeText, kit.RoleText).Strong().Cut(),
				kit.NewLabel(t.Text("window.first.found", "Providers", strings.Join(titles, ", ")), kit.SizeSmall, kit.RoleText).Cut())))))
}

// goOn makes the portal found this person's portal.
func (s *firstRun) goOn() {
	if s.found == nil {
		return
	}
	w, address := s.window, s.looked
	if s.found.Address != "" {
		address = s.found.Address
	}
	w.deeds.act(func(ctx context.Context) error {
		return w.agent.api.SetPortal(ctx, localapi.PortalRequest{Address: address})
	}, func() {
		w.detours.addressed, w.deeds.forgotten = false, false
	})
}
