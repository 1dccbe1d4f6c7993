package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

const dialogWidth = 440

// showProblem explains a problem over the screen. Actions stand before Close.
func (w *window) showProblem(p *localapi.Problem, actions ...fyne.CanvasObject) {
	e := w.explain(p)
	closing := primary(w.Words.Text("window.close"), func() { w.popup.close() })
	var content *fyne.Container
	d := newDetails(w, e, func() {
		content.Refresh()
		w.popup.fit(dialogWidth, content)
	})
	lines := explained(e)
	if wantsProxyPassword(p) {
		lines = append(lines, w.givePassword(secondary, p, w.renew))
	}
	lines = append(lines, actions...)
	content = column(14, append(lines, closing, d.object)...)
	w.popup.dialog(dialogWidth, content, closing)
}

// explained is an explanation in the order of a dialog.
func explained(e words.Explanation) []fyne.CanvasObject {
	head := newLabel(e.Title, 18, roleText).strong().wrapped()
	return []fyne.CanvasObject{head, body(e.Text), facts(e)}
}

// showBrowserMissing says that an address could not be opened, and offers to
// copy it.
func (w *window) showBrowserMissing(url string, err error) {
	copied := secondary(w.Words.Text("window.copy-link"), nil).with("copy")
	copied.act = func() {
		w.copy(url)
		copied.setText(w.Words.Text("window.copied"))
	}
	w.showProblem(&localapi.Problem{
		Code:    localapi.BrowserMissing,
		Details: &localapi.Details{Error: err.Error(), Time: w.Now()},
	}, copied)
}

// ask puts a question: words, and what can be answered; Cancel is added.
func (w *window) ask(head, text string, answers ...*button) {
	lines := []fyne.CanvasObject{newLabel(head, 18, roleText).strong().wrapped(), body(text)}
	for _, b := range answers {
		act := b.act
		b.act = func() {
			w.popup.close()
			act()
		}
		lines = append(lines, b)
	}
	cancel := link(w.Words.Text("window.cancel"), func() { w.popup.close() })
	content := column(12, append(lines, cancel)...)
	first := answers[0]
	if first.rank == rankDanger {
		first = cancel // Enter alone destroys nothing
	}
	w.popup.dialog(400, content, first)
}

// read shows a file of a bundle over the window.
func (w *window) read(f localapi.BundleFile) {
	t := w.Words
	r := newReader(f.Text)
	closing := secondary(t.Text("window.close"), func() { w.popup.close() })
	head := row(12, 0,
		newLabel(f.Name, sizeHeading, roleText).strong().cut(),
		fixed(0, 40, w.copies(t.Text("window.copy"), f.Text)), fixed(0, 40, closing))
	w.popup.fill(880, r.below(head), r)
}
