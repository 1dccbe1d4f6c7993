package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
)

// showAccount opens the account under the person's initials.
func (w *window) showAccount(under *avatar) {
	const width = 300
	w.askAccounts()
	typed := under.focused // opened from the keyboard, which goes on from there
	w.popup.popover(width, func(fyne.Size) fyne.Position {
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
	who := []fyne.CanvasObject{newLabel(name, sizeText, roleText).strong().cut()}
	if a.Email != "" && a.Email != name {
		who = append(who, newLabel(a.Email, sizeLabel, roleQuiet).cut())
	}
	head := row(12, 1, circled(40, initials(a.Name, a.Email)), column(0, who...))

	lines := []fyne.CanvasObject{inset(16, 16, 0, 16, head)}
	if title := w.providerTitle(a.Provider); title != "" {
		lines = append(lines, inset(8, 16, 0, 16,
			newLabel(t.Text("window.account.provider", "Provider", title), sizeSmall, roleQuiet).wrapped()))
	}
	var marks []fyne.CanvasObject
	if a.Guest {
		marks = append(marks, pill(t.Text("window.account.guest"), roleAccent, roleSoft))
	}
	if !a.Remembered {
		marks = append(marks, pill(t.Text("window.account.not-remembered"), roleWarning, roleWarningGround))
	}
	if len(marks) > 0 {
		lines = append(lines, inset(8, 16, 0, 16, row(8, -1, marks...)))
	}
	item := func(icon, text string, act func()) fyne.CanvasObject {
		return newEntry(icon, text, func() {
			w.popup.close()
			act()
		}).inMenu()
	}
	change := []fyne.CanvasObject{}
	for _, o := range w.others() {
		change = append(change, newPerson(initials(o.Name, o.Email), fullName(&o), w.personLine(o), func() {
			w.popup.close()
			w.useAccount(o.ID)
		}).inMenu())
	}
	for _, line := range w.formers() {
		change = append(change, line)
	}
	change = append(change, item("plus", t.Text("window.account.add"), w.anotherAccount))
	lines = append(lines,
		inset(12, 0, 6, 0, newRule(roleLine, 0, 1)),
		inset(0, 8, 0, 8, column(0, change...)),
		inset(6, 0, 6, 0, newRule(roleLine, 0, 1)),
		inset(0, 8, 0, 8, column(0,
			item("sign-out", t.Text("window.account.sign-out"), w.askSignOut),
			item("trash", t.Text("window.account.forget"), w.askForget))))
	if w.state.Kiosk { // Portico belongs to the computer there, not to whoever sits before it
		return column(0, append(lines, gap(8))...)
	}
	return column(0, append(lines,
		inset(6, 0, 6, 0, newRule(roleLine, 0, 1)),
		inset(0, 8, 8, 8, item("power", t.Text("window.account.quit"), w.quit)))...)
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
		primary(t.Text("window.sign-out.here"), func() { w.signOut(localapi.SignOutRequest{}) }),
		secondary(t.Text("window.sign-out.browser"), func() { w.signOut(localapi.SignOutRequest{Browser: true}) }))
}

// askSignOutOf asks before somebody is signed out whose sign-in is from before the
// portal changed.
func (w *window) askSignOutOf(a localapi.Account) {
	t := w.Words
	w.ask(t.Text("window.sign-out.title"), t.Text("window.sign-out.former", "Account", accountName(&a)),
		primary(t.Text("window.sign-out.here"), func() { w.signOut(localapi.SignOutRequest{Account: a.ID}) }))
}

// askForget asks before everything is removed.
func (w *window) askForget() {
	t := w.Words
	w.ask(t.Text("window.forget.title"), t.Text("window.forget.text"),
		danger(t.Text("window.forget.yes"), w.forget))
}
