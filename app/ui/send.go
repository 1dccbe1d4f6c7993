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
)

// send is the part of the help that puts into one file what support wants to see.
// The person reads it first, and sends it by themselves.
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

// close gives up what is under way.
func (s *send) close() { s.stop() }

// gather asks the agent for what support wants to see.
func (s *send) gather() {
	w := s.help.window
	s.stop()
	s.bundle, s.problem, s.saved, s.refused, s.saving = nil, nil, "", "", false
	ctx, cancel := context.WithCancel(w.ctx)
	s.stop = cancel
	var bundle localapi.Bundle
	w.call(func(context.Context) error {
		var err error
		bundle, err = w.Agent.Bundle(ctx)
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
	w, t := s.help.window, s.help.window.Words
	head := s.help.head(t.Text("window.send.title"), true)
	switch {
	case s.problem != nil:
		e := w.explain(s.problem)
		return []fyne.CanvasObject{
			head, verdict("alert", roleBad, e.Title, e.Text), facts(e),
			grid(130, 10, 3,
				secondary(t.Text("window.send.again"), func() { s.help.turn(helpSend) }),
				w.copies(t.Text("window.details.copy"), forSupport(t, e))),
		}
	case s.bundle == nil:
		return []fyne.CanvasObject{head, waitingFor(t.Text("window.send.running"), t.Text("window.check.running-text")), bones(6)}
	}
	lines := []fyne.CanvasObject{head, body(t.Text("window.send.text")), s.list()}
	if s.saved != "" {
		return append(lines, s.done())
	}
	if s.refused != "" {
		lines = append(lines, verdict("alert", roleBad, t.Text("window.send.failed"), s.refused))
	}
	save := primary(t.Text("window.send.save"), s.save).with("download")
	save.setOff(s.saving)
	return append(lines, row(0, -1, save))
}

// list is what the file will hold.
func (s *send) list() fyne.CanvasObject {
	w := s.help.window
	var rows []fyne.CanvasObject
	for i, f := range s.bundle.Files {
		if i > 0 {
			rows = append(rows, inset(0, 12, 0, 12, newRule(roleLine, 0, 1)))
		}
		line := newFoldLine("file", roleQuiet, f.Name, textOr(w, "bundle."+f.Name, ""), sizeOf(len(f.Text)), func() { w.read(f) })
		line.leadOn()
		rows = append(rows, line)
	}
	return layers(newPanel(roleCard, roleLine, radiusCard), inset(4, 4, 4, 4, column(0, rows...)))
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

// save writes the file where the person finds it.
func (s *send) save() {
	w, bundle := s.help.window, *s.bundle
	s.saving, s.refused = true, ""
	var file string
	w.call(func(context.Context) error {
		var err error
		file, err = saveBundle(w.Downloads, bundle)
		return err
	}, func(err error) {
		s.saving, s.saved = false, file
		if err != nil {
			s.saved = ""
			var why *fs.PathError
			s.refused = w.Words.Text("window.send.failed-text", "Folder", w.Downloads)
			if errors.As(err, &why) {
				s.refused = joinedSentences(s.refused, "("+why.Err.Error()+")")
			}
		}
		s.help.change()
		if s.help.leave != nil {
			intoSight(s.help.object.Objects[len(s.help.object.Objects)-1])
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

// done says where the file is, and how it gets to support.
func (s *send) done() fyne.CanvasObject {
	w, t := s.help.window, s.help.window.Words
	var ways []fyne.CanvasObject
	if p := w.state.Portal; p != nil && p.Support.MailTo != "" {
		ways = append(ways, primary(t.Text("window.send.mail"), func() {
			w.openLink(mailTo(p.Support.MailTo, t.Text("window.send.mail.subject"),
				t.Text("window.send.mail.body", "File", s.saved)))
		}).with("mail"))
	}
	if w.ShowFile != nil {
		ways = append(ways, fixed(0, 44, secondary(t.Text("window.send.show"), func() { w.showFile(s.saved) }).with("folder")))
	}
	words := []fyne.CanvasObject{
		newLabel(t.Text("window.send.saved"), sizeText, roleText).strong().wrapped(),
		newLabel(s.saved, sizeSmall, roleQuiet).wrapped(),
	}
	if len(ways) > 0 {
		words = append(words, gap(6), row(10, -1, ways...))
	}
	return layers(newPanel(roleSoft, roleNone, radiusCard),
		inset(16, 16, 16, 16, rowTop(12, fixed(22, 22, newGlyph("check", 22, roleGood)), column(3, words...))))
}

// mailTo is a mail to write to a mailto address (RFC 6068). Everything is encoded, so
// that nothing in it can add to the mail.
func mailTo(to, subject, text string) string {
	return to + "?subject=" + percent(subject) + "&body=" + percent(strings.ReplaceAll(text, "\n", "\r\n"))
}

// percent encodes all but the letters that no part of an address gives a meaning
// to (RFC 3986, section 2.3).
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
	w.call(func(ctx context.Context) error { return w.ShowFile(ctx, file) }, func(err error) {
		if p := problemOf(err); p != nil {
			w.showProblem(p)
		}
	})
}
