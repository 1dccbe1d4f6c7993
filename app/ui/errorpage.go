package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
	"github.com/portico-desktop/portico/app/words"
)

// openErrorPage is for pasting the text of a page with an error, of a provider that sends
// nobody back. Unlike an address it needs no other sign-in.
func (p *pasting) openErrorPage() {
	p.field.SetText("")
	p.say(nil)
	p.screen.turn(pageError)
}

func (p *pasting) errorPageLines() []fyne.CanvasObject {
	s, t := p.screen, p.screen.window.words
	p.field.Name = t.Text("window.error-page.label")
	p.field.SetPlaceHolder(t.Text("window.error-page.label"))
	return []fyne.CanvasObject{
		kit.Title(t.Text("window.error-page.title")).Centred(),
		kit.Body(t.Text("window.error-page.text")).Centred(),
		kit.Card(kit.Column(14, kit.FramedField(p.field), p.answer)),
		p.onward, s.left, s.backLink(),
	}
}

// wrong is the fault of the pasted text, in words that fit the question.
func (p *pasting) wrong(problem *localapi.Problem) words.Explanation {
	t := p.screen.window.words
	if p.screen.page == pageError && problem.Code == localapi.NotThisSignIn {
		return words.Explanation{Title: t.Text("window.error-page.unknown"), Next: t.Text("window.error-page.unknown-next")}
	}
	return t.Problem(problem)
}
