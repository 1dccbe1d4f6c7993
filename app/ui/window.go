package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// The window's size at first, and the least it can be shown at.
const (
	firstWidth, firstHeight = 960, 640
	leastWidth, leastHeight = 720, 520
)

// window is the whole window: it puts its pieces together, takes the agent's events and
// shows their effect. Except for its jobs it belongs to Fyne's goroutine.
type window struct {
	params *Params
	app    fyne.App
	win    fyne.Window

	jobs      *jobs
	agent     *agent
	settings  *settings
	words     *speech
	accounts  *accounts
	browser   *browser
	clipboard *clipboard
	dialogs   *dialogs
	deeds     *deeds
	account   *accountMenu
	looks     *looks
	keyboard  keyboard
	detours   *detours
	screens   screens
	frame     frame
}

func newWindow(ctx context.Context, p Params) *window {
	if p.Now == nil {
		p.Now = time.Now
	}
	w := &window{params: &p, detours: &detours{}}
	w.jobs = newJobs(ctx)
	w.agent = newAgent(p.Agent, p.Display, w.jobs)
	w.settings = &settings{agent: w.agent, jobs: w.jobs, refresh: w.refresh, take: w.take}
	w.words = &speech{Words: p.Words, language: p.Language, in: p.WordsIn, now: p.Now, agent: w.agent, settings: w.settings}
	w.accounts = &accounts{agent: w.agent, jobs: w.jobs, refresh: w.refresh}
	w.browser = &browser{params: w.params, jobs: w.jobs, settings: w.settings, refresh: w.refresh}
	w.clipboard = &clipboard{jobs: w.jobs, words: w.words}
	w.dialogs = &dialogs{words: w.words, clipboard: w.clipboard, now: p.Now, seek: w.seek, password: w.askForProxy}
	w.deeds = &deeds{
		agent: w.agent, jobs: w.jobs, words: w.words, settings: w.settings, browser: w.browser, accounts: w.accounts,
		detours: w.detours, refresh: w.refresh, take: w.take, tell: w.tell,
	}
	w.account = &accountMenu{
		agent: w.agent, words: w.words, accounts: w.accounts, deeds: w.deeds, dialogs: w.dialogs, quit: w.quit,
	}
	w.looks = &looks{params: w.params, agent: w.agent, settings: w.settings, memory: readMemory(p.Memory)}
	w.looks.logos = logos{agent: w.agent, jobs: w.jobs, arrived: func() { w.win.Content().Refresh() }}
	w.frame.alarm = &alarm{agent: w.agent, words: w.words}
	w.agent.receive, w.agent.refresh = w.receive, w.refresh
	w.screens.pages = pages()
	w.screens.at = w.screens.first()
	w.browser.failed = w.dialogs.browserMissing
	w.dialogs.renew = w.deeds.renew
	return w
}

// build makes Fyne's window, empty.
func (w *window) build(a fyne.App) {
	w.app, w.looks.app = a, a
	w.agent.leave = a.Driver().Quit
	w.looks.apply()
	w.win = a.NewWindow("Portico")
	w.win.SetPadded(false)
	w.frame.root = container.New(&w.frame.opening)
	w.win.SetContent(w.frame.root)
	w.looks.size = func() fyne.Size { return w.win.Canvas().Size() }
	w.dialogs.popup.Canvas = w.win.Canvas()
	w.win.Resize(w.looks.memory.size())
	w.win.SetOnClosed(w.remember)
	w.win.SetCloseIntercept(w.closeByPerson)
}

// fill puts the known state into the window.
func (w *window) fill() {
	w.frame.alarm.object = kit.Column(0)
	w.frame.place = container.New(layout.NewStackLayout())
	w.frame.status = newStatusLine(w)
	w.screens.help = newHelp(w)
	w.frame.outer = container.New(frameLayout{}, w.frame.alarm.object, w.frame.place, w.frame.status.object)
	w.frame.root.Objects = []fyne.CanvasObject{w.frame.outer}
	w.keys()
	w.jobs.hop.catchUp() // the agent's words while Fyne started
	w.refresh()
}

// receive takes an event of the agent's.
func (w *window) receive(e localapi.Event) {
	w.agent.gone, w.agent.lost = false, nil
	switch e.Type {
	case localapi.EventState:
		if e.State != nil {
			w.take(*e.State)
			return
		}
	case localapi.EventShow:
		if !w.agent.meant(e) {
			return
		}
		w.win.Show()
		w.win.RequestFocus()
		w.agent.confirm()
	case localapi.EventQuit:
		w.win.Close()
		return
	}
	w.refresh()
}

// take makes a state the present one.
func (w *window) take(s localapi.State) {
	last := w.agent.state
	before, portal, address := last.Session, last.Portal, last.PortalAddress
	w.agent.state, w.agent.known = s, true
	if s.Session.Phase != before.Phase {
		w.deeds.trouble = nil
		w.detours.adding = false
	}
	if s.Session.Phase == localapi.SignedOut {
		w.screens.dropHome()
		w.screens.at = w.screens.first() // the next person begins there
	}
	if now := accountID(s.Session); now != "" && now != w.screens.whose {
		w.screens.dropHome() // its pages are somebody else's
		w.screens.whose = now
	}
	decided := !sameDecisions(last, s)
	if decided || mended(w.deeds.trouble, before.Problem, s.Session.Problem) {
		w.deeds.trouble = nil // it may not be true any more
	}
	if w.settings.portalFixed() {
		w.detours.addressed = false
	}
	if s.Session.Phase != before.Phase || s.Session.Consent == nil {
		w.detours.consenting = false
	}
	if decided || !w.accounts.known || s.Session.Phase != before.Phase || accountID(s.Session) != accountID(before) {
		w.accounts.ask()
	}
	if s.Session.Phase != localapi.SignedOut {
		w.deeds.signedOut = ""
	}
	if w.words.speak() {
		w.retell()
	}
	if s.PortalAddress != "" && s.Portal != nil && (portal == nil || s.PortalAddress != address) {
		w.detours.addressed = false // there is a portal to go on with
	}
	w.refresh()
}

// retell shows everything in another language.
func (w *window) retell() {
	w.frame.status, w.frame.alarm.shown = newStatusLine(w), alarms{}
	w.screens.help.close()
	w.screens.help = newHelp(w)
	w.frame.outer.Objects[2] = w.frame.status.object
	w.screens.dropHome()
	w.screens.kind = kindNone
}

// refresh shows the present state, on another screen if it asks for one.
func (w *window) refresh() {
	w.looks.apply()
	w.win.SetTitle(w.agent.title())
	w.frame.alarm.show()
	if k := w.wanted(); k != w.screens.kind {
		w.swap(k)
	} else {
		w.screens.shown.update()
	}
	if told, about := w.dialogs.popup.Subject.(*localapi.Problem); about && w.tells(told) {
		w.dialogs.popup.Close()
	}
	w.frame.status.show(w.screens.kind)
	w.win.Content().Refresh()
}

// remember keeps the window's size for the next start, and ends its work.
func (w *window) remember() {
	w.jobs.hop.stop()
	if w.screens.shown != nil {
		w.screens.shown.close()
	}
	if w.screens.help != nil {
		w.screens.help.close()
	}
	w.screens.dropHome()
	if w.win != nil && !w.deeds.forgotten && !w.looks.kept {
		w.looks.kept = true
		w.looks.memory.keep(w.params.Memory, w.win.Canvas().Size())
	}
	w.jobs.cancel()
}

// finish is the end of a window that closed, could not be opened, or went with Fyne: it
// waits for all work of the window.
func (w *window) finish() {
	w.remember()
	w.jobs.group.Wait()
}

// quitPatience is how long an agent may take to end with the window.
const quitPatience = 5 * time.Second

// closeByPerson closes the window for the person: if Portico is not to stay beside the
// clock, the agent ends as well.
func (w *window) closeByPerson() {
	if w.settings.says(keyCloseToTray) != never {
		w.win.Close()
		return
	}
	w.win.Hide()
	w.jobs.call(func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, quitPatience)
		defer cancel()
		return w.agent.api.Quit(ctx)
	}, func(error) { w.win.Close() })
}

// quit ends the agent, whose farewell closes this window.
func (w *window) quit() {
	w.jobs.call(w.agent.api.Quit, func(err error) {
		if err != nil {
			w.win.Close() // it has gone already
		}
	})
}
