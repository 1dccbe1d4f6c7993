package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/ui"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/assets"
)

// show runs the window until it is closed.
func show(ctx context.Context, dataDir string, paths desktop.Paths) int {
	collectAsEver := collectLess(os.Getenv)
	start, prefer := settings.Begin(paths, nil, os.Getenv)
	w := start.Words
	log := slog.New(diag.Redacted(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err := desktop.Identify(); err != nil {
		log.Info("the desktop does not know this window", "error", err)
	}
	starter := &starter{program: beside(dataDir), serve: inside(start, prefer, log)}
	defer starter.close()
	agent := localapi.Open(paths.Runtime, starter.start)
	display := desktop.Display()
	t := only(paths, display)
	defer t.release()
	if t.fell {
		return t.guard(ctx, func(why error) {
			noWindow(paths, display, fmt.Sprintf("the program ended while it opened its window: %v", why), log)
			withoutWindow(ctx, agent, starter.apart, w, os.Stderr, desktop.Tell)
		})
	}
	if !t.first {
		raised, err := t.raise(ctx, agent, display)
		switch {
		case raised, ctx.Err() != nil:
			return localapi.ExitDone
		case err != nil:
			log.Info("the open window was not brought to the front", "error", err)
		}
		// After a click, nobody sees anything of an agent stopped or hanging.
	} else if err := diag.KeepCrashes(paths.Logs, "portico"); err != nil {
		// The first only: another would take away its file.
		log.Warn("a crash would not be kept", "error", err)
	}
	err := ui.Run(ctx, ui.Params{
		Agent: agent, Words: w, Language: prefer.Text(policy.Language), WordsIn: wordsIn,
		OpenURL: desktop.OpenIn, OpenApp: desktop.OpenApp,
		Browsers: browsers, OpenWith: desktop.OpenWith, FindBrowser: findBrowser,
		LogOn:     func() bool { return len(desktop.LogOnEntries()) > 0 },
		Downloads: desktop.Downloads(), ShowFile: desktop.ShowFile,
		Version: assets.Version,
		Display: display,
		Opened: func() {
			collectAsEver()
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
		withoutWindow(ctx, agent, starter.apart, w, os.Stderr, desktop.Tell)
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

// findBrowser is the browser meant by a value of the setting Browser.
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
