package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
	"github.com/portico-desktop/portico/app/words"
)

const dialogWidth = 440

// dialogs are the window's words and questions over its screen.
type dialogs struct {
	popup     kit.Overlay
	words     *speech
	clipboard *clipboard
	now       func() time.Time

	seek  func(helpPage) // shows a part of the help
	renew func()         // asks the agent for news
	// password asks for a proxy's password; again repeats the failed work.
	password func(p *localapi.Problem, again func())
}

// problem shows a problem over the screen. Actions stand before Close.
func (o *dialogs) problem(p *localapi.Problem, actions ...fyne.CanvasObject) {
	e := o.words.inWords(p)
	closing := kit.Primary(o.words.Text("window.close"), func() { o.popup.Close() })
	var content *fyne.Container
	d := o.details(e, func() {
		content.Refresh()
		o.popup.Fit(dialogWidth, content)
	})
	lines := inOrder(e)
	if wantsProxyPassword(p) {
		lines = append(lines, o.givePassword(kit.Secondary, p, o.renew))
	}
	lines = append(lines, actions...)
	content = kit.Column(14, append(lines, closing, d.object)...)
	o.popup.Dialog(dialogWidth, content, closing)
}

// inOrder is an explanation in the order of a dialog.
func inOrder(e words.Explanation) []fyne.CanvasObject {
	head := kit.NewLabel(e.Title, 18, kit.RoleText).Strong().Wrapped()
	return []fyne.CanvasObject{head, kit.Body(e.Text), facts(e)}
}

// browserMissing says that an address could not be opened, and offers to copy it.
func (o *dialogs) browserMissing(url string, err error) {
	copied := kit.Secondary(o.words.Text("window.copy-link"), nil).With("copy")
	copied.Act = func() {
		o.clipboard.copy(url)
		copied.SetText(o.words.Text("window.copied"))
	}
	o.problem(&localapi.Problem{
		Code:    localapi.BrowserMissing,
		Details: &localapi.Details{Error: err.Error(), Time: o.now()},
	}, copied)
}

// ask puts a question: words, and the answers; Cancel is added.
func (o *dialogs) ask(head, text string, answers ...*kit.Button) {
	lines := []fyne.CanvasObject{kit.NewLabel(head, 18, kit.RoleText).Strong().Wrapped(), kit.Body(text)}
	for _, b := range answers {
		act := b.Act
		b.Act = func() {
			o.popup.Close()
			act()
		}
		lines = append(lines, b)
	}
	cancel := kit.Link(o.words.Text("window.cancel"), func() { o.popup.Close() })
	content := kit.Column(12, append(lines, cancel)...)
	first := answers[0]
	if first.Rank == kit.RankDanger {
		first = cancel // Enter alone destroys nothing
	}
	o.popup.Dialog(400, content, first)
}

// read shows a file of a bundle over the window.
func (o *dialogs) read(f localapi.BundleFile) {
	t := o.words
	r := kit.NewReader(f.Text)
	closing := kit.Secondary(t.Text("window.close"), func() { o.popup.Close() })
	head := kit.Row(12, 0,
		kit.NewLabel(f.Name, kit.SizeHeading, kit.RoleText).Strong().Cut(),
		kit.Fixed(0, 40, o.clipboard.button(t.Text("window.copy"), f.Text)), kit.Fixed(0, 40, closing))
	o.popup.Fill(880, r.Below(head), r)
}

// givePassword is a button for the panel; again repeats the failed work.
func (o *dialogs) givePassword(kind func(string, func()) *kit.Button, p *localapi.Problem, again func()) *kit.Button {
	return kind(o.words.Text("window.proxy.open"), func() { o.password(p, again) })
}
