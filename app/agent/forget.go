package agent

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/session"
)

// forget removes every trace of this user.
func (a *Agent) forget(ctx context.Context) (localapi.ForgetReport, error) {
	if a.p.Rehearse != nil {
		return localapi.ForgetReport{}, &localapi.Problem{Code: localapi.Usage, Params: map[string]string{"reason": "a rehearsal leaves nothing to forget"}}
	}
	var report localapi.ForgetReport
	_ = a.keeper.Alone(func() error { // nobody writes a copy meanwhile
		a.forgetAlone(ctx, &report)
		return nil
	})
	// An address given for this run, or by IT, still counts.
	a.life.begin(func() { _ = a.keeper.Renew(a.life.ctx) })
	return report, nil
}

// forgetAlone is forget while nobody reads the portal.
func (a *Agent) forgetAlone(ctx context.Context, report *localapi.ForgetReport) {
	report.Accounts, report.Problems = a.session.Forget(ctx)
	if a.stores != nil {
		others, err := a.stores.forgetOthers(ctx, a.folders.locks())
		report.Accounts += others
		if err != nil {
			report.Problems = append(report.Problems, *session.Explain(err, session.About{}, time.Now()))
		}
	}
	if err := a.decisions.Forget(ctx); err != nil {
		report.Problems = append(report.Problems, *session.Explain(err, session.About{}, time.Now()))
	}
	if err := a.way.proxies.ForgetAll(ctx); err != nil {
		report.Problems = append(report.Problems, *session.Explain(err, session.About{}, time.Now()))
	}
	remove := func(dir string, ours ...string) {
		n, err := empty(dir, ours...)
		report.Files += n
		if err != nil {
			report.Problems = append(report.Problems, *session.Explain(err, session.About{}, time.Now()))
		}
	}
	data, cache := ourFiles(a.p.Start.Paths)
	a.decisions.Unchanged(func() {
		remove(a.p.Start.Paths.Data, data...)
		remove(a.p.Start.Paths.Cache, cache...)
	})
	a.decisions.SetForRun(a.p.Start.Portal) // one given for this run is not this user's trace
	a.decisions.Decide()
	a.session.SetRules(rules(a.decisions.Now()))
	address, _ := a.decisions.PortalAddress()
	a.keeper.Forget(address)
	a.outs.signOut(false)
	a.registrations.forget()
	a.keeper.ShowAgain()
	a.states.changed()
	if a.p.Log.Dir != "" {
		// Last, because the log and the record hear of the forgetting; later lines know
		// nobody. The folder may be a link to one with the logs of others.
		remove(a.p.Log.Dir, logFiles()...)
	}
}

// ourFiles are the patterns of the files of Portico's programs in its folders. In the
// system's own places, with Portico's name on them, there are none: everything goes.
// Below a folder named by the person there may have been a "data" or a "cache" before.
func ourFiles(paths desktop.Paths) (data, cache []string) {
	if !paths.Custom {
		return nil, nil
	}
	return []string{"settings.json", ".settings.json.*", "window.json", "window.json.new", ".window.json.*", "locks", "sign-ins", proxiesFile, "." + proxiesFile + ".*", "policy.kept", ".policy.kept.*", "cache", "logs"},
		[]string{"provider", "portal", "no-window.json"}
}

// logFiles are the patterns of the files of Portico's programs in the folder of logs:
// logs, crashes, the record of sign-ins.
func logFiles() []string { return []string{"portico*", diag.SignInsFile + "*"} }

// empty removes the contents of a directory and counts the files. With patterns (see
// filepath.Match) it removes only matching entries.
func empty(dir string, ours ...string) (files int, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var problems []error
	for _, e := range entries {
		fits := func(pattern string) bool { ok, _ := filepath.Match(pattern, e.Name()); return ok }
		if len(ours) > 0 && !slices.ContainsFunc(ours, fits) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		count := 0
		_ = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				count++
			}
			return nil
		})
		if err := os.RemoveAll(path); err != nil {
			problems = append(problems, err)
			continue
		}
		files += count
	}
	return files, errors.Join(problems...)
}
