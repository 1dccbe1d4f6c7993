package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

// overlay is the one thing that may lie over the screen: the account, or a
// question.
type overlay struct {
	shown *widget.PopUp
	// about is what an action ran into, if that is what the overlay says.
	about *localapi.Problem
}

// close takes the overlay away, and says whether there was one.
func (o *overlay) close() bool {
	o.about = nil
	if o.shown == nil || o.shown.Hidden {
		o.shown = nil
		return false
	}
	o.shown.Hide()
	o.shown = nil
	return true
}

// popover shows content at a place, until the person clicks elsewhere.
func (w *window) popover(width float32, at func(size fyne.Size) fyne.Position, content fyne.CanvasObject) {
	w.popup.close()
	size := fyne.NewSize(width, heightOf(content, width))
	pop := widget.NewPopUp(framed(fixed(width, 0, content)), w.win.Canvas())
	w.popup.shown = pop
	pop.Resize(size)
	pop.ShowAtPosition(at(size))
	pop.Resize(size)
}

// framed draws a line around what lies over the screen.
func framed(content fyne.CanvasObject) fyne.CanvasObject {
	return layers(newPanel(roleCard, roleLine, radiusCard), content)
}

// dialog asks or says something in the middle of the window. The first of its
// buttons has the focus.
func (w *window) dialog(width float32, content fyne.CanvasObject, first fyne.Focusable) {
	w.popup.close()
	pop := widget.NewModalPopUp(framed(sheet(0, false, inset(24, 24, 24, 24, content))), w.win.Canvas())
	w.popup.shown = pop
	pop.Show()
	w.fitDialog(width, content)
	if first != nil {
		w.win.Canvas().Focus(first)
	}
}

// fitDialog gives a dialog the height its content needs now, and sets it in the
// middle: Fyne does that only for the size with which it is shown.
func (w *window) fitDialog(width float32, content fyne.CanvasObject) {
	if w.popup.shown == nil {
		return
	}
	room := w.win.Canvas().Size()
	height := min(heightOf(content, width-48)+48, room.Height-32)
	w.popup.shown.Resize(fyne.NewSize(width, height))
	w.popup.shown.Move(fyne.NewPos(floor((room.Width-width)/2), floor((room.Height-height)/2)))
}

const dialogWidth = 440

// showProblem explains a problem over the screen. Actions stand before Close.
func (w *window) showProblem(p *localapi.Problem, actions ...fyne.CanvasObject) {
	e := w.explain(p)
	closing := primary(w.Words.Text("window.close"), func() { w.popup.close() })
	var content *fyne.Container
	d := newDetails(w, e, func() {
		content.Refresh()
		w.fitDialog(dialogWidth, content)
	})
	lines := explained(e)
	if wantsProxyPassword(p) {
		lines = append(lines, w.givePassword(secondary, p, w.renew))
	}
	lines = append(lines, actions...)
	content = column(14, append(lines, closing, d.object)...)
	w.dialog(dialogWidth, content, closing)
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
	w.dialog(400, content, first)
}
