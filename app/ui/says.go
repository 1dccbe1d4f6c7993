package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
	"github.com/portico-desktop/portico/app/words"
)

const dialogWidth = 440

// showProblem explains a problem over the screen. Actions stand before Close.
func (w *window) showProblem(p *localapi.Problem, actions ...fyne.CanvasObject) {
	e := w.explain(p)
	closing := kit.Primary(w.Words.Text("window.close"), func() { w.popup.Close() })
	var content *fyne.Container
	d := newDetails(w, e, func() {
		content.Refresh()
		w.popup.Fit(dialogWidth, content)
	})
	lines := explained(e)
	if wantsProxyPassword(p) {
		lines = append(lines, w.givePassword(kit.Secondary, p, w.renew))
	}
	lines = append(lines, actions...)
	content = kit.Column(14, append(lines, closing, d.object)...)
	w.popup.Dialog(dialogWidth, content, closing)
}

// explained is an explanation in the order of a dialog.
func explained(e words.Explanation) []fyne.CanvasObject {
	head := kit.NewLabel(e.Title, 18, kit.RoleText).Strong().Wrapped()
	return []fyne.CanvasObject{head, kit.Body(e.Text), facts(e)}
}

// showBrowserMissing says that an address could not be opened, and offers to
// copy it.
func (w *window) showBrowserMissing(url string, err error) {
	copied := kit.Secondary(w.Words.Text("window.copy-link"), nil).With("copy")
	copied.Act = func() {
		w.copy(url)
		copied.SetText(w.Words.Text("window.copied"))
	}
	w.showProblem(&localapi.Problem{
		Code:    localapi.BrowserMissing,
		Details: &localapi.Details{Error: err.Error(), Time: w.Now()},
	}, copied)
}

// ask puts a question: words, and what can be answered; Cancel is added.
func (w *window) ask(head, text string, answers ...*kit.Button) {
	lines := []fyne.CanvasObject{kit.NewLabel(head, 18, kit.RoleText).Strong().Wrapped(), kit.Body(text)}
	for _, b := range answers {
		act := b.Act
		b.Act = func() {
			w.popup.Close()
			act()
		}
		lines = append(lines, b)
	}
	cancel := kit.Link(w.Words.Text("window.cancel"), func() { w.popup.Close() })
	content := kit.Column(12, append(lines, cancel)...)
	first := answers[0]
	if first.Rank == kit.RankDanger {
		first = cancel // Enter alone destroys nothing
	}
	w.popup.Dialog(400, content, first)
}

// read shows a file of a bundle over the window.
func (w *window) read(f localapi.BundleFile) {
	t := w.Words
	r := kit.NewReader(f.Text)
	closing := kit.Secondary(t.Text("window.close"), func() { w.popup.Close() })
	head := kit.Row(12, 0,
		kit.NewLabel(f.Name, kit.SizeHeading, kit.RoleText).Strong().Cut(),
		kit.Fixed(0, 40, w.copies(t.Text("window.copy"), f.Text)), kit.Fixed(0, 40, closing))
	w.popup.Fill(880, r.Below(head), r)
}
