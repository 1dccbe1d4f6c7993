package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/ui/kit"
)

// clipboard copies texts of the window.
type clipboard struct {
	jobs  *jobs
	words *speech
}

// copy puts text on the clipboard.
func (c *clipboard) copy(text string) { fyne.CurrentApp().Clipboard().SetContent(text) }

// button is a button that copies a text and says so for a moment.
func (c *clipboard) button(text, value string) *kit.Button {
	b := kit.Secondary(text, nil)
	b.Act = func() {
		c.copy(value)
		b.SetText(c.words.Text("window.copied"))
		c.jobs.after(2*time.Second, func() { b.SetText(text) })
	}
	return b
}
