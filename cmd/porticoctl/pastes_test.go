package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestPastesArePassedOnWhole(t *testing.T) {
	const address = "http://127.0.0.1:4711/?code=x&state=y"
	// pause is longer than a terminal is silent within a paste.
	const pause = ""
	for name, tc := range map[string]struct {
		pieces []string // "" is a pause
		want   []string
	}{
		"an address":                      {[]string{address + "\n"}, []string{address}},
		"two addresses":                   {[]string{"https://wrong.example/\r\n\n  " + address + " \n"}, []string{"https://wrong.example/", "  " + address + " "}},
		"the query alone":                 {[]string{"?code=x&state=y\n"}, []string{"?code=x&state=y"}},
		"an address in pieces":            {[]string{address[:20], address[20:], pause, "\n"}, []string{address}},
		"a page":                          {[]string{"error: invalid_request\nerror_description: no\n", pause}, []string{"error: invalid_request\nerror_description: no"}},
		"a page in pieces":                {[]string{"error: invalid_", "request\n", "error_description: no\n", pause}, []string{"error: invalid_request\nerror_description: no"}},
		"a page with empty lines":         {[]string{"Sign in\n\n\nAADSTS50011: no\n", pause}, []string{"Sign in\n\n\nAADSTS50011: no"}},
		"a page with an address in it":    {[]string{"error: invalid_request\nhttps://docs.example/errors\nmore\n", pause}, []string{"error: invalid_request\nhttps://docs.example/errors\nmore"}},
		"a page whose last line is open":  {[]string{"Sign in\nAADSTS50011: no", pause, pause, "\n", pause}, []string{"Sign in\nAADSTS50011: no"}},
		"a page and nothing more":         {[]string{"error: invalid_request\nerror_description: no"}, []string{"error: invalid_request\nerror_description: no"}},
		"one after the other":             {[]string{"first\n", pause, address + "\n", "second\n", pause}, []string{"first", address, "second"}},
		"blanks":                          {[]string{" \n\t\n", pause, "\r\n"}, nil},
		"more than anybody takes":         {[]string{strings.Repeat("x", maxLine), "xx", "error: invalid_request\n", pause}, []string{strings.Repeat("x", maxLine+2), "error: invalid_request"}},
		"from Windows, and from a Mac":    {[]string{"a\r\nb\r\n", pause}, []string{"a\nb"}},
		"something else before an answer": {[]string{"hello\n" + address + "\n", pause}, []string{"hello\n" + address}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in, terminal := io.Pipe()
				p := &program{in: in}
				go func() {
					defer terminal.Close()
					for _, piece := range tc.pieces {
						if piece == pause {
							time.Sleep(2 * pasteSettles)
							continue
						}
						_, _ = io.WriteString(terminal, piece)
						time.Sleep(pasteSettles / 10)
					}
				}()
				var got []string
				for text := range p.pastes(t.Context()) {
					got = append(got, text)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// lingering is a sign-in whose browser has not come back for a while.
func lingering() localapi.State {
	s := waiting(localapi.StageBrowser)
	s.Session.SignIn.Lingering = true
	return s
}

// Once the browser is back, it is the key store that may wait for somebody.
func TestASignInThatDoesNotFinishIsExplainedOnce(t *testing.T) {
	slow := waiting(localapi.StageExchanging)
	slow.Session.SignIn.Lingering = true
	a := newAgent(state(localapi.SignedOut))
	a.signIn = signIn()
	a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser), waiting(localapi.StageExchanging), slow, slow, state(localapi.SignedIn)}
	c := newConsole(a, false)
	if code := c.run(t.Context(), t, "login"); code != 0 || strings.Count(c.progress.String(), "your key store asks you") != 1 {
		t.Errorf("exit %d\n%s", code, &c.progress)
	}
}

func TestABrowserThatLingersIsExplainedOnce(t *testing.T) {
	const page = "error:invalid_request\nerror_description:The specified 'redirect_uri' is not valid for this client application.\n"
	refused := state(localapi.Blocked, with(localapi.RedirectNotRegistered, "redirect", "http://127.0.0.1/"))
	for name, tc := range map[string]struct {
		args     []string
		terminal bool
		in       string
		after    []localapi.State // the sign-in
		pasted   []string
		exit     int
		says     []string
		not      string
	}{
		"at a terminal, which takes the page": {nil, true, page, []localapi.State{waiting(localapi.StageBrowser), lingering()}, []string{strings.TrimSpace(page)},
			localapi.ExitConfig, []string{"page with an error", "paste it here"}, "send the text of that page"},
		"without a browser":               {[]string{"--no-browser"}, true, page, []localapi.State{lingering()}, []string{strings.TrimSpace(page)}, localapi.ExitConfig, []string{"paste it here"}, ""},
		"in a script":                     {nil, false, page, []localapi.State{lingering(), lingering(), refused}, nil, localapi.ExitConfig, []string{"page with an error", "send the text of that page"}, "paste it here"},
		"the browser comes back":          {nil, true, "", []localapi.State{lingering(), waiting(localapi.StageExchanging), state(localapi.SignedIn)}, nil, 0, []string{"paste it here", "Your browser is back"}, ""},
		"the browser came back in time":   {nil, true, page, []localapi.State{waiting(localapi.StageBrowser), waiting(localapi.StageExchanging), state(localapi.SignedIn)}, nil, 0, nil, "page with an error"},
		"with a code for another device":  {[]string{"--device"}, true, page, []localapi.State{waiting(localapi.StageDevice), state(localapi.SignedIn)}, nil, 0, nil, "page with an error"},
		"and comes back after explaining": {[]string{"--json"}, true, "", []localapi.State{lingering(), state(localapi.SignedIn)}, nil, 0, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedOut))
			a.signIn = signIn()
			if tc.after[0].Session.SignIn.Stage == localapi.StageDevice {
				a.signIn.Stage = localapi.StageDevice
			}
			a.after["SignIn"] = tc.after
			a.after["Paste"] = []localapi.State{refused}
			c := newConsole(a, false)
			c.terminal, c.in = tc.terminal, strings.NewReader(tc.in)
			if tc.pasted != nil {
				// A person copies the page once they have read that they may.
				read := make(chan struct{})
				c.program.progress = &heard{Writer: &c.progress, text: "paste it here", done: read}
				c.in = &later{Reader: c.in, after: read}
			}
			if code := c.run(t.Context(), t, append([]string{"login"}, tc.args...)...); code != tc.exit {
				t.Errorf("exit %d, want %d\n%s", code, tc.exit, &c.progress)
			}
			if diff := cmp.Diff(tc.pasted, pastesOf(a)); diff != "" {
				t.Errorf("pasted (-want +got):\n%s", diff)
			}
			said := c.progress.String()
			for _, want := range tc.says {
				if strings.Count(said, want) != 1 {
					t.Errorf("said %q %d times:\n%s", want, strings.Count(said, want), said)
				}
			}
			if tc.not != "" && strings.Contains(said, tc.not) {
				t.Errorf("said %q:\n%s", tc.not, said)
			}
			if c.hidden != c.shown {
				t.Errorf("the terminal was changed %d times and restored %d times", c.hidden, c.shown)
			}
		})
	}
}

// heard tells when a text has been written.
type heard struct {
	io.Writer
	text string
	done chan struct{} // nil once it has
}

func (h *heard) Write(b []byte) (int, error) {
	if h.done != nil && strings.Contains(string(b), h.text) {
		close(h.done)
		h.done = nil
	}
	return h.Writer.Write(b)
}

// later is what is typed after something has happened.
type later struct {
	io.Reader
	after <-chan struct{}
}

func (l *later) Read(b []byte) (int, error) {
	<-l.after
	return l.Reader.Read(b)
}

func TestAnswersThatDidNotFitAreTold(t *testing.T) {
	t.Run("timed out", func(t *testing.T) {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			a := newAgent(state(localapi.SignedOut))
			a.signIn = signIn()
			a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser), state(localapi.SignedOut, with(localapi.TimedOut, "strays", "2"))}
			c := newConsole(a, false)
			if code := c.run(t.Context(), t, append([]string{"login"}, more...)...); code != localapi.ExitCancelled {
				t.Errorf("exit %d", code)
			}
			if said := c.out.String() + c.progress.String(); form == "text" && !strings.Contains(said, "2 answers came that did not belong to this sign-in") ||
				form == "json" && !strings.Contains(said, `"strays": "2"`) {
				t.Errorf("%s does not say so:\n%s", form, said)
			}
		}
	})
	for strays, want := range map[string]string{"1": "One answer came", "3": "3 answers came", "": ""} {
		t.Run("cancelled with "+strays, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			a := newAgent(state(localapi.SignedOut))
			a.signIn = signIn()
			a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser)}
			a.after["CancelSignIn"] = []localapi.State{state(localapi.SignedOut, with(localapi.Cancelled, "strays", strays))}
			c := newConsole(a, false)
			c.browse = func(context.Context, string) error { cancel(); return nil }
			if code := c.run(ctx, t, "login"); code != localapi.ExitCancelled {
				t.Errorf("exit %d", code)
			}
			if said := c.progress.String(); !strings.Contains(said, want) || want == "" && strings.Contains(said, "belong to this sign-in") {
				t.Errorf("said:\n%s", said)
			}
		})
	}
}
