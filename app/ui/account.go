package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// showAccount opens the account under the person's initials.
func (w *window) showAccount(under *kit.Avatar) {
	const width = 300
	w.askAccounts()
	typed := under.Focused // opened from the keyboard, which goes on from there
	w.popup.Popover(width, func(fyne.Size) fyne.Position {
		at := w.app.Driver().AbsolutePositionForObject(under)
		return fyne.NewPos(at.X+under.Size().Width-width, at.Y+under.Size().Height+8)
	}, w.accountCard())
	if typed {
		w.win.Canvas().FocusNext()
	}
}

// accountCard is who is signed in, and the ways out.
func (w *window) accountCard() fyne.CanvasObject {
	t, a := w.Words, w.state.Session.Account
	if a == nil {
		a = &localapi.Account{}
	}
	name := a.Name
	if name == "" {
		name = accountName(a)
	}
	who := []fyne.CanvasObject{kit.NewLabel(name, kit.SizeText, kit.RoleText).Strong().Cut()}
	if a.Email != "" && a.Email != name {
		who = append(who, kit.NewLabel(a.Email, kit.SizeLabel, kit.RoleQuiet).Cut())
	}
	head := kit.Row(12, 1, kit.Circled(40, kit.Initials(a.Name, a.Email)), kit.Column(0, who...))

	lines := []fyne.CanvasObject{kit.Inset(16, 16, 0, 16, head)}
	if title := w.providerTitle(a.Provider); title != "" {
		lines = append(lines, kit.Inset(8, 16, 0, 16,
			kit.NewLabel(t.Text("window.account.provider", "Provider", title), kit.SizeSmall, kit.RoleQuiet).Wrapped()))
	}
	var marks []fyne.CanvasObject
	if a.Guest {
		marks = append(marks, kit.Pill(t.Text("window.account.guest"), kit.RoleAccent, kit.RoleSoft))
	}
	if !a.Remembered {
		marks = append(marks, kit.Pill(t.Text("window.account.not-remembered"), kit.RoleWarning, kit.RoleWarningGround))
	}
	if len(marks) > 0 {
		lines = append(lines, kit.Inset(8, 16, 0, 16, kit.Row(8, -1, marks...)))
	}
	item := func(icon, text string, act func()) fyne.CanvasObject {
		return kit.NewEntry(icon, text, func() {
			w.popup.Close()
			act()
		}).InMenu()
	}
	change := []fyne.CanvasObject{}
	for _, o := range w.others() {
		change = append(change, kit.NewPerson(kit.Initials(o.Name, o.Email), fullName(&o), w.personLine(o), func() {
			w.popup.Close()
			w.useAccount(o.ID)
		}).InMenu())
	}
	for _, line := range w.formers() {
		change = append(change, line)
	}
	change = append(change, item("plus", t.Text("window.account.add"), w.anotherAccount))
	lines = append(lines,
		kit.Inset(12, 0, 6, 0, kit.NewRule(kit.RoleLine, 0, 1)),
		kit.Inset(0, 8, 0, 8, kit.Column(0, change...)),
		kit.Inset(6, 0, 6, 0, kit.NewRule(kit.RoleLine, 0, 1)),
		kit.Inset(0, 8, 0, 8, kit.Column(0,
			item("sign-out", t.Text("window.account.sign-out"), w.askSignOut),
			item("trash", t.Text("window.account.forget"), w.askForget))))
	if w.state.Kiosk { // Portico belongs to the computer there, not to whoever sits before it
		return kit.Column(0, append(lines, kit.Gap(8))...)
	}
	return kit.Column(0, append(lines,
		kit.Inset(6, 0, 6, 0, kit.NewRule(kit.RoleLine, 0, 1)),
		kit.Inset(0, 8, 8, 8, item("power", t.Text("window.account.quit"), w.quit)))...)
}

// askSignOut asks how far to sign out, and names whom where others are
// remembered here as well.
func (w *window) askSignOut() {
	t := w.Words
	text := t.Text("window.sign-out.text")
	if name := accountName(w.state.Session.Account); name != "" && len(w.others()) > 0 {
		text = t.Text("window.sign-out.text-of", "Account", name)
	}
	w.ask(t.Text("window.sign-out.title"), text,
		kit.Primary(t.Text("window.sign-out.here"), func() { w.signOut(localapi.SignOutRequest{}) }),
		kit.Secondary(t.Text("window.sign-out.browser"), func() { w.signOut(localapi.SignOutRequest{Browser: true}) }))
}

// askSignOutOf asks before somebody is signed out whose sign-in is from before the
// portal changed.
func (w *window) askSignOutOf(a localapi.Account) {
	t := w.Words
	w.ask(t.Text("window.sign-out.title"), t.Text("window.sign-out.former", "Account", accountName(&a)),
		kit.Primary(t.Text("window.sign-out.here"), func() { w.signOut(localapi.SignOutRequest{Account: a.ID}) }))
}

// askForget asks before everything is removed.
func (w *window) askForget() {
	t := w.Words
	w.ask(t.Text("window.forget.title"), t.Text("window.forget.text"),
		kit.Danger(t.Text("window.forget.yes"), w.forget))
}
