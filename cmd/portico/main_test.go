package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

func TestArgumentsThatAreNoUseAreRefused(t *testing.T) {
	for _, test := range []struct {
		args []string
		exit int
	}{
		{[]string{"--version"}, localapi.ExitDone},
		{[]string{"--help"}, localapi.ExitDone},
		{[]string{"extra"}, localapi.ExitUsage},
		{[]string{"--no-such-flag"}, localapi.ExitUsage},
		{[]string{"https://contoso.example"}, localapi.ExitUsage},
		{[]string{"portico://a", "portico://b"}, localapi.ExitUsage},
		{[]string{"portico://a", "--version"}, localapi.ExitUsage}, // what a link smuggles in is no flag
		{[]string{"portico://a", "--data-dir", "/evil"}, localapi.ExitUsage},
		{[]string{"--data-dir", ""}, localapi.ExitUsage},
		{[]string{"--data-dir=", "--version"}, localapi.ExitUsage},
		{[]string{"--data-dir", " ", "--version"}, localapi.ExitUsage},
		{[]string{"portico://" + strings.Repeat("a", 8<<10)}, localapi.ExitUsage},
	} {
		if got := run(test.args); got != test.exit {
			t.Errorf("%.60q: exit %d, want %d", test.args, got, test.exit)
		}
	}
}

// TestNothingInALinkCounts holds that the program does with every link what it does
// with none.
func TestNothingInALinkCounts(t *testing.T) {
	t.Setenv("PORTICO_DATA_DIR", "")
	for _, link := range []string{
		"portico://", "portico://open?portal=contoso.example&name=ticket&ticket_id=7", "PORTICO://OPEN",
		"portico://x --data-dir /evil", "portico://x\n--data-dir=/evil", "portico://x\x00--version", "portico://--version",
		"portico://%2D%2Dversion", "portico://\"; rm -rf ~; \"", "portico://\u202egro.elpmaxe",
	} {
		var messages bytes.Buffer
		got, err := parse([]string{link}, &messages)
		if err != nil || got != (options{}) || messages.Len() > 0 {
			t.Errorf("%q: %+v, %v, %q", link, got, err, messages.String())
		}
		if got, err := parse([]string{"--data-dir", "/here", link}, &messages); err != nil || got.dataDir != "/here" || got.version {
			t.Errorf("%q behind a flag: %+v, %v", link, got, err)
		}
	}
}

// Who has clicked an icon is told on the desktop, with the command that mends it.
func TestFoldersThatRootHasTakenAreToldOf(t *testing.T) {
	for _, language := range []string{"en", "de"} {
		w := words.New(language)
		var told [2]string
		var messages bytes.Buffer
		wrongFolders(t.Context(), &desktop.OwnerError{Dir: "/home/ada/.config/portico", Mend: "sudo chown -R ada /home/ada/.config/portico"}, w, &messages,
			func(_ context.Context, title, text string) error { told = [2]string{title, text}; return nil })
		if title := w.Text("problem.folder-of-root.title"); told[0] != title || title == "" {
			t.Errorf("%s: title %q, want %q", language, told[0], title)
		}
		if !strings.Contains(told[1], "sudo chown -R ada /home/ada/.config/portico") || !strings.Contains(messages.String(), "/home/ada/.config/portico") {
			t.Errorf("%s: told %q, printed %q", language, told[1], messages.String())
		}
	}
}

func TestWithoutAWindowTheClockIsNamedOnlyWhereThereIsATray(t *testing.T) {
	for name, tray := range map[string]bool{withTray: true, "without": false} {
		p := place(t)
		ctx, cancel := context.WithCancel(t.Context())
		s := &starter{program: func() (<-chan error, error) {
			ended := make(chan error, 1)
			go func() { ended <- serve(p, name)(ctx); close(ended) }()
			return ended, nil
		}}
		var messages bytes.Buffer
		var told string
		withoutWindow(t.Context(), localapi.Open(p.Runtime, s.start), s.apart, words.New("en"), &messages, func(_ context.Context, title, text string) error {
			told = title + "\n" + text
			return nil
		})
		cancel()
		s.close()
		said := messages.String()
		if strings.Count(said, "\n") != 3 || !strings.Contains(said, "goes on in the background") {
			t.Errorf("%s: %q", name, said)
		}
		if strings.Contains(said, "clock") != tray {
			t.Errorf("%s: %q", name, said)
		}
		for line := range strings.Lines(said) {
			if !strings.Contains(told, strings.TrimSpace(line)) {
				t.Errorf("%s: whoever has clicked is not told %q, but %q", name, line, told)
			}
		}
	}
}

func TestWhatIsSaidOfALinkDoesNotRepeatIt(t *testing.T) {
	const secret = "hunter2"
	for _, args := range [][]string{
		{"portico://open?code=" + secret, "again"},
		{"portico://open?code=" + secret + strings.Repeat("a", 8<<10)},
	} {
		var messages bytes.Buffer
		if _, err := parse(args, &messages); err == nil || messages.Len() == 0 {
			t.Errorf("%.40q: %v, %q", args, err, messages.String())
		}
		if strings.Contains(messages.String(), secret) {
			t.Errorf("it says %q", messages.String())
		}
	}
}
