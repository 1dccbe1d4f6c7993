package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// proxyPanel asks for a name and a password for a proxy.
type proxyPanel struct {
	window         *window
	proxy          string
	name, password *kit.Field
	keep           *kit.Checkbox
	onward         *kit.Button
	answer         *fyne.Container
	content        *fyne.Container
	again          func() // repeats the failed work
	working        bool
}

// wantsProxyPassword says whether a person could mend a problem with a proxy's password.
func wantsProxyPassword(p *localapi.Problem) bool {
	return p != nil && p.Code == localapi.ProxyWantsPassword && p.Params["proxy"] != ""
}

// askForProxy shows the panel over the screen.
func (w *window) askForProxy(problem *localapi.Problem, again func()) {
	t := w.words
	p := &proxyPanel{window: w, proxy: problem.Params["proxy"], answer: kit.Column(0), again: again}
	p.name = kit.NewField("user", t.Text("window.proxy.name"), "", w.keyboard.shortcut)
	p.password = kit.NewField("lock", t.Text("window.proxy.password"), "", w.keyboard.shortcut)
	p.password.Password = true
	for _, f := range []*kit.Field{p.name, p.password} {
		f.OnChanged = func(string) { p.update() }
	}
	p.name.OnSubmitted = func(string) { w.win.Canvas().Focus(p.password) }
	p.password.OnSubmitted = func(string) { p.send() }
	p.keep = kit.NewCheckbox(t.Text("window.proxy.keep"), w.words.onOff(), w.settings.remembers(), func(bool) {})
	p.keep.SetOff(!w.settings.remembers())
	p.onward = kit.Primary(t.Text("window.first.continue"), p.send)
	text := t.Text("window.proxy.text")
	if problem.Params["refused"] != "" {
		text = t.Text("window.proxy.refused")
	}
	label := func(f *kit.Field) fyne.CanvasObject {
		return kit.Column(6, kit.NewLabel(f.Name, kit.SizeLabel, kit.RoleText).Strong(), kit.FramedField(f))
	}
	p.content = kit.Column(14,
		kit.NewLabel(t.Text("window.proxy.title", "Proxy", p.proxy), 18, kit.RoleText).Strong().Wrapped(), kit.Body(text),
		label(p.name), label(p.password), p.keep, p.answer, p.onward,
		kit.Link(t.Text("window.cancel"), func() { w.dialogs.popup.Close() }))
	p.update()
	w.dialogs.popup.Dialog(dialogWidth, p.content, p.name)
}

func (p *proxyPanel) update() {
	p.onward.SetOff(p.working || strings.TrimSpace(p.name.Text) == "" || p.password.Text == "")
}

// send hands the name and the password to the agent, and repeats the failed work. The
// password is not kept here.
func (p *proxyPanel) send() {
	if p.onward.Disabled() {
		return
	}
	w := p.window
	req := localapi.ProxyPasswordRequest{
		Proxy: p.proxy, Name: strings.TrimSpace(p.name.Text), Password: p.password.Text, Remember: p.keep.On && w.settings.remembers(),
	}
	p.working = true
	p.update()
	w.jobs.call(func(ctx context.Context) error { return w.agent.api.SetProxyPassword(ctx, req) }, func(err error) {
		p.working = false
		p.password.SetText("")
		if problem := problemOf(err); problem != nil {
			p.answer.Objects = []fyne.CanvasObject{fieldTrouble(w.words.inWords(problem))}
			p.content.Refresh()
			w.dialogs.popup.Fit(dialogWidth, p.content)
			p.update()
			return
		}
		w.dialogs.popup.Close()
		w.deeds.trouble = nil
		w.refresh()
		p.again()
	})
}
