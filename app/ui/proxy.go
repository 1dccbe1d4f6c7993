package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
)

// proxyPanel asks for the name and the password that a proxy wants.
type proxyPanel struct {
	window         *window
	proxy          string
	name, password *field
	keep           *checkbox
	onward         *button
	answer         *fyne.Container
	content        *fyne.Container
	again          func() // has what failed tried again
	working        bool
}

// wantsProxyPassword says that a person could give what a problem is about.
func wantsProxyPassword(p *localapi.Problem) bool {
	return p != nil && p.Code == localapi.ProxyWantsPassword && p.Params["proxy"] != ""
}

// givePassword is a button that leads to the panel; again has what failed tried again.
func (w *window) givePassword(kind func(string, func()) *button, p *localapi.Problem, again func()) *button {
	return kind(w.Words.Text("window.proxy.open"), func() { w.askForProxy(p, again) })
}

// askForProxy shows the panel over the screen.
func (w *window) askForProxy(problem *localapi.Problem, again func()) {
	t := w.Words
	p := &proxyPanel{window: w, proxy: problem.Params["proxy"], answer: column(0), again: again}
	p.name = newField("user", t.Text("window.proxy.name"), "", w.shortcut)
	p.password = newField("lock", t.Text("window.proxy.password"), "", w.shortcut)
	p.password.Password = true
	for _, f := range []*field{p.name, p.password} {
		f.OnChanged = func(string) { p.update() }
	}
	p.name.OnSubmitted = func(string) { w.win.Canvas().Focus(p.password) }
	p.password.OnSubmitted = func(string) { p.send() }
	p.keep = newCheckbox(t.Text("window.proxy.keep"), w.onOff(), w.remembers(), func(bool) {})
	p.keep.setOff(!w.remembers())
	p.onward = primary(t.Text("window.first.continue"), p.send)
	text := t.Text("window.proxy.text")
	if problem.Params["refused"] != "" {
		text = t.Text("window.proxy.refused")
	}
	label := func(f *field) fyne.CanvasObject {
		return column(6, newLabel(f.name, sizeLabel, roleText).strong(), framedField(f))
	}
	p.content = column(14,
		newLabel(t.Text("window.proxy.title", "Proxy", p.proxy), 18, roleText).strong().wrapped(), body(text),
		label(p.name), label(p.password), p.keep, p.answer, p.onward,
		link(t.Text("window.cancel"), func() { w.popup.close() }))
	p.update()
	w.popup.dialog(dialogWidth, p.content, p.name)
}

func (p *proxyPanel) update() {
	p.onward.setOff(p.working || strings.TrimSpace(p.name.Text) == "" || p.password.Text == "")
}

// send hands what was typed to the agent, and has it try again. It is not kept here.
func (p *proxyPanel) send() {
	if p.onward.Disabled() {
		return
	}
	w := p.window
	req := localapi.ProxyPasswordRequest{
		Proxy: p.proxy, Name: strings.TrimSpace(p.name.Text), Password: p.password.Text, Remember: p.keep.on && w.remembers(),
	}
	p.working = true
	p.update()
	w.call(func(ctx context.Context) error { return w.Agent.SetProxyPassword(ctx, req) }, func(err error) {
		p.working = false
		p.password.SetText("")
		if problem := problemOf(err); problem != nil {
			p.answer.Objects = []fyne.CanvasObject{fieldTrouble(w.explain(problem))}
			p.content.Refresh()
			w.popup.fit(dialogWidth, p.content)
			p.update()
			return
		}
		w.popup.close()
		w.trouble = nil
		w.refresh()
		p.again()
	})
}
