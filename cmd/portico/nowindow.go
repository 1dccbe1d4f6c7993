package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

// stateLimit is how long the agent may take to say if it shows an icon; after it people
// are told without.
const stateLimit = 3 * time.Second

// noWindow keeps for the doctor why there is no window.
func noWindow(paths desktop.Paths, display, reason string, log *slog.Logger) {
	if err := diag.KeepNoWindow(paths, diag.NoWindow{Reason: reason, Display: display, Time: time.Now()}); err != nil {
		log.Info("the doctor will not know why there is no window", "error", err)
	}
}

// withoutWindow says why there is no window, and how Portico goes on: the agent needs
// none. After a click on an icon nobody sees standard error, so the desktop tells them.
func withoutWindow(ctx context.Context, agent localapi.States, apart func() bool, w *words.Words, messages io.Writer, tell func(ctx context.Context, title, text string) error) {
	said := []string{w.Text("window.none.display")}
	asking, cancel := context.WithTimeout(ctx, stateLimit)
	state, err := agent.State(asking)
	cancel()
	switch {
	case err != nil || !apart():
	case state.Tray:
		said = append(said, w.Text("window.none.agent"))
	default:
		said = append(said, w.Text("window.none.agent.no-tray"))
	}
	said = append(said, w.Text("window.none.doctor"))
	fmt.Fprintln(messages, strings.Join(said, "\n"))
	if err := tell(ctx, w.Text("window.none.title"), strings.Join(said, "\n\n")); err != nil {
		fmt.Fprintln(messages, "portico:", err)
	}
}

// wrongFolders refuses folders shared by root and a person, and names the command to mend
// it. After a click on an icon the desktop tells people.
func wrongFolders(ctx context.Context, err error, w *words.Words, messages io.Writer, tell func(ctx context.Context, title, text string) error) {
	fmt.Fprintln(messages, "portico:", err)
	said := w.Problem(diag.OwnerProblem(err))
	if err := tell(ctx, said.Title, said.Text+"\n\n"+said.Next); err != nil {
		fmt.Fprintln(messages, "portico:", err)
	}
}
