package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// accountMenu opens under the person's initials: the signed-in account, the other
// remembered ones, and the ways out.
type accountMenu struct {
	agent    *agent
	words    *speech
	accounts *accounts
	deeds    *deeds
	dialogs  *dialogs
	quit     func()
}

// show opens the account under the person's initials.
func (m *accountMenu) show(under *kit.Avatar) {
	const width = 300
	m.accounts.ask()
	typed := under.Focused // opened from the keyboard: its user goes on from there
	m.dialogs.popup.Popover(width, func(fyne.Size) fyne.Position {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(under)
		return fyne.NewPos(at.X+under.Size().Width-width, at.Y+under.Size().Height+8)
	}, m.card())
	if typed {
		m.dialogs.popup.Canvas.FocusNext()
	}
}

// card is the signed-in account, and the ways out.
func (m *accountMenu) card() fyne.CanvasObject {
	t, a := m.words, m.agent.state.Session.Account
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
	if title := m.agent.providerTitle(a.Provider); title != "" {
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
			m.dialogs.popup.Close()
			act()
		}).InMenu()
	}
	change := []fyne.CanvasObject{}
	for _, o := range m.accounts.others() {
		change = append(change, kit.NewPerson(kit.Initials(o.Name, o.Email), fullName(&o), m.line(o), func() {
			m.dialogs.popup.Close()
			m.deeds.useAccount(o.ID)
		}).InMenu())
	}
	for _, line := range m.formers() {
		change = append(change, line)
	}
	change = append(change, item("plus", t.Text("window.account.add"), m.deeds.anotherAccount))
	lines = append(lines,
		kit.Inset(12, 0, 6, 0, kit.NewRule(kit.RoleLine, 0, 1)),
		kit.Inset(0, 8, 0, 8, kit.Column(0, change...)),
		kit.Inset(6, 0, 6, 0, kit.NewRule(kit.RoleLine, 0, 1)),
		kit.Inset(0, 8, 0, 8, kit.Column(0,
			item("sign-out", t.Text("window.account.sign-out"), m.askSignOut),
			item("trash", t.Text("window.account.forget"), m.askForget))))
	if m.agent.state.Kiosk { // Portico belongs to the computer there, not to the person before it
		return kit.Column(0, append(lines, kit.Gap(8))...)
	}
	return kit.Column(0, append(lines,
		kit.Inset(6, 0, 6, 0, kit.NewRule(kit.RoleLine, 0, 1)),
		kit.Inset(0, 8, 8, 8, item("power", t.Text("window.account.quit"), m.quit)))...)
}

// askSignOut asks how far to sign out, and names the account if others are remembered
// here as well.
func (m *accountMenu) askSignOut() {
	t := m.words
	text := t.Text("window.sign-out.text")
	if name := accountName(m.agent.state.Session.Account); name != "" && len(m.accounts.others()) > 0 {
		text = t.Text("window.sign-out.text-of", "Account", name)
	}
	m.dialogs.ask(t.Text("window.sign-out.title"), text,
		kit.Primary(t.Text("window.sign-out.here"), func() { m.deeds.signOut(localapi.SignOutRequest{}) }),
		kit.Secondary(t.Text("window.sign-out.browser"), func() { m.deeds.signOut(localapi.SignOutRequest{Browser: true}) }))
}

// askSignOutOf asks before it signs out an account with a sign-in from before the portal
// changed.
func (m *accountMenu) askSignOutOf(a localapi.Account) {
	t := m.words
	m.dialogs.ask(t.Text("window.sign-out.title"), t.Text("window.sign-out.former", "Account", accountName(&a)),
		kit.Primary(t.Text("window.sign-out.here"), func() { m.deeds.signOut(localapi.SignOutRequest{Account: a.ID}) }))
}

// askForget asks before everything is removed.
func (m *accountMenu) askForget() {
	t := m.words
	m.dialogs.ask(t.Text("window.forget.title"), t.Text("window.forget.text"),
		kit.Danger(t.Text("window.forget.yes"), m.deeds.forget))
}

// line tells a remembered account from others: a guest's is marked, with its mail address
// and its provider.
func (m *accountMenu) line(a localapi.Account) string {
	var parts []string
	if a.Guest {
		parts = append(parts, m.words.Text("window.account.guest"))
	}
	if a.Email != "" && a.Email != a.Name {
		parts = append(parts, a.Email)
	}
	if title := m.agent.providerTitle(a.Provider); title != "" {
		parts = append(parts, title)
	}
	return strings.Join(parts, " · ")
}

// formers are the accounts that can only be signed out, as lines to press.
func (m *accountMenu) formers() []*kit.Person {
	var lines []*kit.Person
	for _, a := range m.accounts.former {
		then := m.words.Text("window.account.former")
		if a.Email != "" && a.Email != a.Name {
			then = a.Email + " · " + then
		}
		lines = append(lines, kit.NewPerson(kit.Initials(a.Name, a.Email), fullName(&a), then, func() {
			m.dialogs.popup.Close()
			m.askSignOutOf(a)
		}).InMenu())
	}
	return lines
}
