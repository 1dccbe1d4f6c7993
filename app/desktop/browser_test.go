//go:build !windows

package desktop

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// script writes a program that a shell runs, and returns its path.
func script(t *testing.T, name, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

const address = "https://id.example/authorize?client_id=portico&state=a%20b#top"

func TestMailAndTelephoneAreTheSystemsBusiness(t *testing.T) {
	for _, address := range []string{"mailto:it@contoso.example", "tel:+4930901820"} {
		var opened string
		o := opener{commands: script(t, "never", "exit 1"), patience: patience, system: func(a string) error { opened = a; return nil }}
		if err := o.open(t.Context(), address); err != nil || opened != address {
			t.Errorf("%s: the system was given %q (%v)", address, opened, err)
		}
	}
}

func TestBrowserIsTheOneOfTheEnvironment(t *testing.T) {
	out := filepath.Join(t.TempDir(), "arguments")
	note := script(t, "note", `for a in "$@"; do echo "<$a>"; done > '`+out+`'`)
	bad := script(t, "bad", `exit 3`)
	spaced := script(t, "with a space", `for a in "$@"; do echo "<$a>"; done > '`+out+`'`)
	for name, tc := range map[string]struct{ commands, want string }{
		"last argument":         {note, "<" + address + ">"},
		"after arguments":       {note + ` --new-window "a b"`, "<--new-window>\n<a b>\n<" + address + ">"},
		"placeholder":           {note + ` %s --app=%s`, "<" + address + ">\n<--app=" + address + ">"},
		"quoted path":           {`"` + spaced + `"`, "<" + address + ">"},
		"second of two":         {"no-such-browser:" + note, "<" + address + ">"},
		"second, first fails":   {bad + ":" + note, "<" + address + ">"},
		"second, first unclear": {`"unclosed:` + note, "<" + address + ">"},
		"nothing in between":    {"::" + note, "<" + address + ">"},
	} {
		t.Run(name, func(t *testing.T) {
			_ = os.Remove(out)
			t.Setenv("BROWSER", tc.commands)
			if err := OpenBrowser(t.Context(), address); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if strings.TrimSpace(string(got)) != tc.want {
				t.Errorf("arguments\n%s, want\n%s", got, tc.want)
			}
		})
	}
}

func TestNoBrowser(t *testing.T) {
	for name, commands := range map[string]string{
		"fails":        script(t, "bad", `exit 3`),
		"is not there": "no-such-browser",
		"both":         script(t, "bad2", `exit 3`) + ":no-such-browser",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("BROWSER", commands)
			t.Setenv("PATH", t.TempDir()) // the system has none either
			if err := OpenBrowser(t.Context(), address); !errors.Is(err, ErrNoBrowser) {
				t.Errorf("got %v, want %v", err, ErrNoBrowser)
			}
		})
	}
}

func TestBrowserIsLeftToTheSystem(t *testing.T) {
	out := filepath.Join(t.TempDir(), "arguments")
	xdgOpen := script(t, "xdg-open", `echo "$@" > '`+out+`'; echo noise; echo noise >&2`)
	t.Setenv("PATH", filepath.Dir(xdgOpen)+":/bin:/usr/bin")
	t.Setenv("BROWSER", "")
	if err := OpenBrowser(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(out); strings.TrimSpace(string(got)) != address {
		t.Errorf("xdg-open got %q", got)
	}
	t.Setenv("PATH", t.TempDir())
	if err := OpenBrowser(t.Context(), address); !errors.Is(err, ErrNoBrowser) {
		t.Errorf("with none: got %v, want %v", err, ErrNoBrowser)
	}
}

// What BROWSER named may have been removed since.
func TestBrowserThatIsNotThereIsLeftToTheSystem(t *testing.T) {
	out := filepath.Join(t.TempDir(), "arguments")
	xdgOpen := script(t, "xdg-open", `echo "$@ $BROWSER" > '`+out+`'`)
	t.Setenv("PATH", filepath.Dir(xdgOpen)+":/bin:/usr/bin")
	file := filepath.Join(t.TempDir(), "not-executable")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	bad := script(t, "bad", `exit 3`)
	for commands, want := range map[string]bool{
		"no-such-browser": true, "/opt/gone/browser %s": true, "gone:/opt/gone/too": true, file: true,
		`"unclosed`: true, "env no-such-browser": true, bad: false, "no-such-browser:" + bad: false,
	} {
		_ = os.Remove(out)
		t.Setenv("BROWSER", commands)
		err := OpenBrowser(t.Context(), address)
		got, _ := os.ReadFile(out)
		if (err == nil) != want || (strings.TrimSpace(string(got)) == address) != want {
			t.Errorf("%s: xdg-open got %q, %v", commands, got, err)
		}
	}
}

// Ctrl-C in a terminal reaches everything in its foreground group.
func TestBrowserIsInASessionOfItsOwn(t *testing.T) {
	for name, set := range map[string]func(browser string){
		"BROWSER": func(browser string) { t.Setenv("BROWSER", browser) },
		"the system's": func(browser string) {
			t.Setenv("BROWSER", "")
			t.Setenv("PATH", filepath.Dir(browser)+":/bin:/usr/bin")
		},
	} {
		out := filepath.Join(t.TempDir(), "session")
		set(script(t, "xdg-open", `ps -o sid= -p $$ > '`+out+`'`))
		if err := OpenBrowser(t.Context(), address); err != nil {
			t.Fatal(err)
		}
		ours, err := unix.Getsid(0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(out)
		if session, wrong := strconv.Atoi(strings.TrimSpace(string(got))); err != nil || wrong != nil || session == ours {
			t.Errorf("%s: it is in session %q, we in %d; %v", name, got, ours, err)
		}
	}
}

// A browser that is started, not handed the address by a running one, ends when
// the person closes it.
func TestBrowserMayRunOn(t *testing.T) {
	dir := t.TempDir()
	close, closed := filepath.Join(dir, "close"), filepath.Join(dir, "closed")
	for _, fifo := range []string{close, closed} {
		if err := unix.Mkfifo(fifo, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	browser := script(t, "browser", `read x < '`+close+`'; echo closed > '`+closed+`'`)
	o := opener{commands: browser, patience: time.Millisecond}
	if err := o.open(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(close, []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(closed); err != nil || string(got) != "closed\n" {
		t.Errorf("the browser says %q, %v", got, err)
	}
}

func TestNobodyWaitsForABrowserInVain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	never := make(chan struct{})
	defer close(never)
	o := opener{patience: time.Hour, system: func(string) error { <-never; return nil }}
	if err := o.watch(ctx, func() error { return o.system(address) }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	t.Setenv("BROWSER", script(t, "browser", "exit 0"))
	if err := OpenBrowser(ctx, address); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: got %v", err)
	}
}

func TestOnlyLinksAreOpened(t *testing.T) {
	for _, good := range []string{
		"https://portal.example", "http://127.0.0.1:8080/", "http://[::1]:1/x?y=z#a", "mailto:it@contoso.example?subject=a%20b", "tel:+4930123", "HTTPS://PORTAL.example/",
	} {
		if err := checkAddress(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "-version", "--new-window", "portal.example", "/etc/passwd", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x",
		"ms-msdt:/id", "vbscript:x", "https://", "https:///path", "https:portal.example", "mailto:", "tel:", "http://a b", "https://a/\x00", "https://a/\n", "https://a/\"",
		"https://a/`id`", " https://a", "https://a/ä", "http://[::1", "%s", "chrome://settings", "portico://open",
	} {
		if err := checkAddress(bad); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: got %v, want %v", bad, err, ErrAddress)
		}
	}
	t.Setenv("BROWSER", script(t, "browser", "exit 0"))
	if err := OpenBrowser(t.Context(), "file:///etc/passwd"); !errors.Is(err, ErrAddress) {
		t.Errorf("OpenBrowser: got %v", err)
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("https://portal.example/?q=1")
	f.Fuzz(func(t *testing.T, in string) {
		if checkAddress(in) != nil {
			return
		}
		lower := strings.ToLower(in)
		for _, scheme := range []string{"http://", "https://", "mailto:", "tel:"} {
			if strings.HasPrefix(lower, scheme) {
				return
			}
		}
		t.Errorf("%q passed", in)
	})
}
