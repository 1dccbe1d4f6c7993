package ui

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// send is the part of the help that makes one file for support. The person reads it
// first, and sends it by themselves.
type send struct {
	help    *help
	stop    context.CancelFunc // of the gathering under way
	bundle  *localapi.Bundle
	problem *localapi.Problem // why there is nothing to send
	saved   string            // the file, once it is saved
	refused string            // why it could not be
	saving  bool
}

func newSend(h *help) *send { return &send{help: h, stop: func() {}} }

// close gives up the work under way.
func (s *send) close() { s.stop() }

// gather asks the agent for the files for support.
func (s *send) gather() {
	w := s.help.window
	s.stop()
	s.bundle, s.problem, s.saved, s.refused, s.saving = nil, nil, "", "", false
	ctx, cancel := context.WithCancel(w.jobs.ctx)
	s.stop = cancel
	var bundle localapi.Bundle
	w.jobs.call(func(context.Context) error {
		var err error
		bundle, err = w.agent.api.Bundle(ctx)
		return err
	}, func(err error) {
		if ctx.Err() != nil {
			return
		}
		cancel()
		if s.problem = problemOf(err); s.problem == nil {
			s.bundle = &bundle
		}
		s.help.change()
	})
}

func (s *send) lines() []fyne.CanvasObject {
	w, t := s.help.window, s.help.window.words
	head := s.help.head(t.Text("window.send.title"), true)
	switch {
	case s.problem != nil:
		e := w.words.inWords(s.problem)
		return []fyne.CanvasObject{
			head, kit.Verdict("alert", kit.RoleBad, e.Title, e.Text), facts(e),
			kit.Grid(130, 10, 3,
				kit.Secondary(t.Text("window.send.again"), func() { s.help.turn(helpSend) }),
				w.clipboard.button(t.Text("window.details.copy"), forSupport(t, e))),
		}
	case s.bundle == nil:
		return []fyne.CanvasObject{head, kit.WaitingFor(t.Text("window.send.running"), t.Text("window.check.running-text")), kit.Bones(6)}
	}
	lines := []fyne.CanvasObject{head, kit.Body(t.Text("window.send.text")), s.list()}
	if s.saved != "" {
		return append(lines, s.done())
	}
	if s.refused != "" {
		lines = append(lines, kit.Verdict("alert", kit.RoleBad, t.Text("window.send.failed"), s.refused))
	}
	save := kit.Primary(t.Text("window.send.save"), s.save).With("download")
	save.SetOff(s.saving)
	return append(lines, kit.Row(0, -1, save))
}

// list is the coming contents of the file.
func (s *send) list() fyne.CanvasObject {
	w := s.help.window
	var rows []fyne.CanvasObject
	for i, f := range s.bundle.Files {
		if i > 0 {
			rows = append(rows, kit.Inset(0, 12, 0, 12, kit.NewRule(kit.RoleLine, 0, 1)))
		}
		line := kit.NewFoldLine("file", kit.RoleQuiet, f.Name, textOr(w, "bundle."+f.Name, ""), sizeOf(len(f.Text)), func() { w.dialogs.read(f) })
		line.LeadOn()
		rows = append(rows, line)
	}
	return kit.Layers(kit.NewPanel(kit.RoleCard, kit.RoleLine, kit.RadiusCard), kit.Inset(4, 4, 4, 4, kit.Column(0, rows...)))
}

// sizeOf is a number of bytes as people read it.
func sizeOf(n int) string {
	const k = 1000
	switch {
	case n < k:
		return strconv.Itoa(n) + " B"
	case n < k*k:
		return strconv.Itoa((n+k/2)/k) + " KB"
	}
	return strconv.Itoa((n+k*k/2)/(k*k)) + " MB"
}

// save writes the file into the person's downloads.
func (s *send) save() {
	w, bundle := s.help.window, *s.bundle
	s.saving, s.refused = true, ""
	var file string
	w.jobs.call(func(context.Context) error {
		var err error
		file, err = saveBundle(w.params.Downloads, bundle)
		return err
	}, func(err error) {
		s.saving, s.saved = false, file
		if err != nil {
			s.saved = ""
			var why *fs.PathError
			s.refused = w.words.Text("window.send.failed-text", "Folder", w.params.Downloads)
			if errors.As(err, &why) {
				s.refused = joinedSentences(s.refused, "("+why.Err.Error()+")")
			}
		}
		s.help.change()
		if s.help.leave != nil {
			kit.IntoSight(s.help.object.Objects[len(s.help.object.Objects)-1])
		}
	})
	s.help.change()
}

// saveBundle writes a bundle into a folder, for the person alone, and never over
// another file.
func saveBundle(folder string, b localapi.Bundle) (file string, err error) {
	name := filepath.Base(b.Name)
	if name != b.Name || !strings.HasSuffix(name, ".zip") {
		name = "portico-support.zip"
	}
	base := filepath.Join(folder, strings.TrimSuffix(name, ".zip"))
	file = base + ".zip"
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	for n := 2; errors.Is(err, fs.ErrExist) && n < 100; n++ {
		file = base + "-" + strconv.Itoa(n) + ".zip"
		f, err = os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return "", err
	}
	if err := errors.Join(b.Zip(f), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file))
	}
	return file, nil
}

// done names the file's place, and its way to support.
func (s *send) done() fyne.CanvasObject {
	w, t := s.help.window, s.help.window.words
	var ways []fyne.CanvasObject
	if p := w.agent.state.Portal; p != nil && p.Support.MailTo != "" {
		ways = append(ways, kit.Primary(t.Text("window.send.mail"), func() {
			w.browser.link(mailTo(p.Support.MailTo, t.Text("window.send.mail.subject"),
				t.Text("window.send.mail.body", "File", s.saved)))
		}).With("mail"))
	}
	if w.params.ShowFile != nil {
		ways = append(ways, kit.Fixed(0, 44, kit.Secondary(t.Text("window.send.show"), func() { w.showFile(s.saved) }).With("folder")))
	}
	words := []fyne.CanvasObject{
		kit.NewLabel(t.Text("window.send.saved"), kit.SizeText, kit.RoleText).Strong().Wrapped(),
		kit.NewLabel(s.saved, kit.SizeSmall, kit.RoleQuiet).Wrapped(),
	}
	if len(ways) > 0 {
		words = append(words, kit.Gap(6), kit.Row(10, -1, ways...))
	}
	return kit.Layers(kit.NewPanel(kit.RoleSoft, kit.RoleNone, kit.RadiusCard),
		kit.Inset(16, 16, 16, 16, kit.RowTop(12, kit.Fixed(22, 22, kit.NewGlyph("check", 22, kit.RoleGood)), kit.Column(3, words...))))
}

// mailTo is a mail to write to a mailto address (RFC 6068). Everything is encoded:
// nothing in it can add to the mail.
func mailTo(to, subject, text string) string {
	return to + "?subject=" + percent(subject) + "&body=" + percent(strings.ReplaceAll(text, "\n", "\r\n"))
}

// percent encodes all but the letters without a meaning in any part of an address (RFC
// 3986, section 2.3).
func percent(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// showFile shows a file in the system's file manager.
func (w *window) showFile(file string) {
	w.jobs.call(func(ctx context.Context) error { return w.params.ShowFile(ctx, file) }, func(err error) {
		if p := problemOf(err); p != nil {
			w.dialogs.problem(p)
		}
	})
}
