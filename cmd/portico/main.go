// Portico is the window: it shows what the background program knows. It starts
// that program when it does not run, and does its work itself where there is
// none, as in a checkout.
//
// The system starts it with a link that leads into Portico (portico://…) as its
// one argument. Such a link comes from anywhere: it opens the window of this log-on
// session or brings it to the front, and what it says is neither done, logged nor
// passed on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture/drawing"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/ui"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/assets"
)

func main() {
	if code, ran := drawing.RunExamination(); ran {
		os.Exit(code)
	}
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	surviveLostOutput()
	o, err := parse(args, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return localapi.ExitDone
	case err != nil:
		return localapi.ExitUsage
	case o.version:
		fmt.Println("portico", assets.Version)
		return localapi.ExitDone
	}
	paths, err := desktop.PathsFor(o.dataDir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "portico:", err)
		return localapi.ExitUnexpected
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := paths.CheckOwner(); err != nil {
		wrongFolders(ctx, err, words.New(desktop.Language()...), os.Stderr, desktop.Tell)
		return localapi.ExitConfig
	}
	return show(ctx, o.dataDir, paths)
}

// options are what the program was asked for.
type options struct {
	dataDir string
	version bool
}

// parse reads the arguments, and says on messages what is wrong with them. A link
// may follow the flags; behind it there are none.
func parse(args []string, messages io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("portico", flag.ContinueOnError)
	flags.SetOutput(messages)
	flags.Usage = func() {
		fmt.Fprintf(messages, "Usage: portico [flags] [%s://LINK]\n\nOpens Portico's window, or brings the one that is open to the front.\n\n", desktop.LinkScheme)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.dataDir, "data-dir", desktop.ChosenDataDir(), "keep every file below this `directory`")
	flags.BoolVar(&o.version, "version", false, "print the version and end")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	var err error
	flags.Visit(func(f *flag.Flag) {
		if strings.TrimSpace(f.Value.String()) == "" {
			err = fmt.Errorf("--%s needs something after it", f.Name)
		}
	})
	if err != nil {
		fmt.Fprintf(messages, "portico: %v; --help lists what there is\n", err)
		return options{}, err
	}
	switch flags.NArg() {
	case 0:
		return o, nil
	case 1:
		if err = desktop.CheckLink(flags.Arg(0)); err == nil {
			return o, nil
		}
		if errors.Is(err, desktop.ErrLink) {
			err = fmt.Errorf("%.80q is neither a flag nor a link", flags.Arg(0))
		}
	default:
		err = errors.New("there may be one link, and nothing behind it")
	}
	fmt.Fprintf(messages, "portico: %v; --help lists what there is\n", err)
	return options{}, err
}

// show runs the window until it is closed.
func show(ctx context.Context, dataDir string, paths desktop.Paths) int {
	prefer := settings.Find(paths, nil).Preferences(os.Getenv)
	w := words.New(settings.Languages(prefer)...)
	log := slog.New(diag.Redacted(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err := desktop.Identify(); err != nil {
		log.Info("the desktop does not know this window", "error", err)
	}
	l := newLink(paths, beside(dataDir), inside(paths, w, log))
	defer l.close()
	display := desktop.Display()
	t := only(paths, display)
	defer t.release()
	if t.fell {
		return t.guard(ctx, func(why error) {
			noWindow(paths, display, fmt.Sprintf("the program ended while it opened its window: %v", why), log)
			withoutWindow(ctx, l, w, os.Stderr, desktop.Tell)
		})
	}
	if !t.first {
		raised, err := t.raise(ctx, l, display)
		switch {
		case raised, ctx.Err() != nil:
			return localapi.ExitDone
		case err != nil:
			log.Info("the open window was not brought to the front", "error", err)
		}
		// Whoever has clicked sees nothing of one that is stopped or hangs.
	} else if err := diag.KeepCrashes(paths.Logs, "portico"); err != nil {
		// The first only: another would take away the file that it writes to.
		log.Warn("a crash would not be kept", "error", err)
	}
	err := ui.Run(ctx, ui.Params{
		Agent: l, Words: w, Language: prefer.Text(policy.Language), WordsIn: wordsIn,
		OpenURL: desktop.OpenIn, OpenApp: desktop.OpenApp,
		Browsers: browsers, OpenWith: desktop.OpenWith, FindBrowser: findBrowser,
		LogOn:     func() bool { return len(desktop.LogOnEntries()) > 0 },
		Downloads: desktop.Downloads(), ShowFile: desktop.ShowFile,
		Version: assets.Version,
		Display: display,
		Opened: func() {
			t.opened()
			_ = diag.ForgetNoWindow(paths) // the doctor says it once more
		},
		Memory: filepath.Join(paths.Data, "window.json"),
	})
	switch {
	case errors.Is(err, ui.ErrNoWindow):
		log.Info("no window", "error", err)
		noWindow(paths, display, ui.Reason(err), log)
		t.release() // the message may stay for long, and the next click tries anew
		withoutWindow(ctx, l, w, os.Stderr, desktop.Tell)
		return localapi.ExitUnexpected
	case err != nil:
		fmt.Fprintln(os.Stderr, "portico:", err)
		return localapi.ExitUnexpected
	}
	return localapi.ExitDone
}

// wordsIn are the texts for a value of the setting Language.
func wordsIn(language string) *words.Words {
	if language == "system" {
		return words.New(desktop.Language()...)
	}
	return words.New(language)
}

// findBrowser says which browser a value of the setting Browser means.
func findBrowser(value string) (ui.Browser, bool) {
	b, ok := desktop.FindBrowser(value)
	return ui.Browser{ID: b.ID, Name: b.Name}, ok
}

// browsers are those of this computer, as the window names them.
func browsers(context.Context) []ui.Browser {
	var list []ui.Browser
	for _, b := range desktop.Browsers() {
		list = append(list, ui.Browser{ID: b.ID, Name: b.Name})
	}
	return list
}
