package agent

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth/authtest"
)

// withLogs lets an office's agents write logs, with these policies.
func withLogs(o *office, settings string) {
	o.change = func(p *Params) {
		p.Log.Dir = o.paths.Logs
		p.Log.To = diag.NewLog(diag.LogParams{Dir: p.Log.Dir, Level: slog.LevelDebug})
		p.Start.Policies = func() *policy.Policies { return policy.Check([]byte(`{"settings":{`+settings+`}}`), "policy.json") }
	}
}

// recorded are the events of the record of sign-ins.
func recorded(t *testing.T, o *office) (events []string) {
	t.Helper()
	text, err := diag.SignIns(o.paths.Logs, 100)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		var l diag.SignInLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		events = append(events, string(l.Event)+" "+string(l.Outcome))
	}
	return events
}

func signInAndOut(t *testing.T, o *office) {
	t.Helper()
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Open: true}); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.SignedIn))
	awaitLog(t, o, "phase=signed-in") // whoever asks for the state may see it first
	if _, err := r.SignOut(t.Context(), localapi.SignOutRequest{}); err != nil {
		t.Fatal(err)
	}
	r.stop()
}

// awaitLog waits until the log says something.
func awaitLog(t *testing.T, o *office, want string) {
	t.Helper()
	for limit := time.After(20 * time.Second); ; {
		text, err := diag.Tail(filepath.Join(o.paths.Logs, diag.LogFile), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, want) {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-limit:
			t.Fatalf("the log does not say %q:\n%s", want, text)
		}
	}
}

func TestSignInsAreRecordedAsThePolicyWants(t *testing.T) {
	for settings, want := range map[string]string{``: "sign-in ok, sign-out ok", `"AuditLog":"file"`: "sign-in ok, sign-out ok", `"AuditLog":"off"`: "", `"AuditLog":"system"`: ""} {
		o := newOffice(t)
		withLogs(o, settings)
		signInAndOut(t, o)
		events := recorded(t, o)
		slices.Sort(events) // whoever asks for the state may see it before the record is written
		if got := strings.Join(events, ", "); got != want {
			t.Errorf("%s: %s, want %s", settings, got, want)
		}
	}
}

func TestRehearsalIsNotRecorded(t *testing.T) {
	o := newOffice(t)
	withLogs(o, "")
	raw, err := json.Marshal(o.manifest())
	if err != nil {
		t.Fatal(err)
	}
	usual := o.change
	o.change = func(p *Params) {
		usual(p)
		p.Rehearse = &localapi.PortalRequest{Address: "portico.json", Manifest: raw}
	}
	r := o.start()
	r.await(phase(localapi.SignedOut))
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Open: true}); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.SignedIn))
	r.stop()
	if got := recorded(t, o); len(got) > 0 {
		t.Errorf("recorded: %v", got)
	}
}

// What support reads: where requests went and what came of them, and where the
// session stood; never a query.
func TestLogTellsOfRequestsAndPhases(t *testing.T) {
	o := newOffice(t)
	withLogs(o, "")
	signInAndOut(t, o)
	text, err := diag.Tail(filepath.Join(o.paths.Logs, diag.LogFile), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"level=DEBUG msg=request method=POST host=", "path=/" + string(authtest.Token), "status=200", "path=/.well-known/portico.json", "took=",
		"level=INFO msg=session phase=signing-in provider=work", "phase=signed-in", "phase=signed-out",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the log does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "code_challenge") || strings.Contains(text, "grant_type") {
		t.Errorf("the log has queries or bodies in it:\n%s", text)
	}
}

func TestLogSaysOnceThatThePortalIsAway(t *testing.T) {
	o := newOffice(t)
	withLogs(o, "")
	usual := o.change
	o.change = func(p *Params) {
		usual(p)
		p.Log.To = diag.NewLog(diag.LogParams{Dir: p.Log.Dir, Level: slog.LevelInfo})
		p.Start.Portal = o.portal.URL
	}
	o.down.Store(true)
	r := o.start()
	r.await(func(s localapi.State) bool { return s.PortalProblem != nil })
	for range 3 {
		_, _ = r.Refresh(t.Context())
	}
	r.stop()
	text, err := diag.Tail(filepath.Join(o.paths.Logs, diag.LogFile), 1<<20)
	if n := strings.Count(text, "the portal could not be read"); err != nil || n != 1 {
		t.Errorf("told %d times (%v):\n%s", n, err, text)
	}
}

func TestForgetRemovesLogsAndTheRecord(t *testing.T) {
	o := newOffice(t)
	withLogs(o, "")
	signInAndOut(t, o)
	if err := os.WriteFile(filepath.Join(o.paths.Logs, diag.LogFile+".1"), []byte("ada@contoso.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := o.start()
	r.await(phase(localapi.SignedOut))
	report, err := r.Forget(t.Context())
	if err != nil || len(report.Problems) > 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	r.stop()
	// Only the agent that goes on running may have written since.
	entries, err := os.ReadDir(o.paths.Logs)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(o.paths.Logs, e.Name()))
		if err != nil || e.Name() != diag.LogFile || strings.Contains(string(raw), "account") || strings.Contains(string(raw), "work") {
			t.Errorf("left: %s (%v)\n%s", e.Name(), err, raw)
		}
	}
}

// A log that cannot be written stops nobody from signing in.
func TestSigningInWorksWithoutAPlaceForLogs(t *testing.T) {
	o := newOffice(t)
	withLogs(o, "")
	if err := os.MkdirAll(filepath.Dir(o.paths.Logs), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.paths.Logs, nil, 0o600); err != nil { // a file in the way
		t.Fatal(err)
	}
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Open: true}); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.SignedIn))
	bundle, err := r.Bundle(t.Context())
	if err != nil || len(bundle.Files) < 6 {
		t.Errorf("the bundle has %d files, %v", len(bundle.Files), err)
	}
}

// Support has the level raised by a policy, and nobody has to start anything again.
func TestLogLevelFollowsThePolicyWhileTheAgentRuns(t *testing.T) {
	o := newOffice(t)
	level, wanted := new(slog.LevelVar), new(atomic.Value)
	wanted.Store("info")
	o.change = func(p *Params) {
		p.Log.Level = level
		p.Start.Policies = func() *policy.Policies {
			return policy.Check([]byte(`{"settings":{"LogLevel":"`+wanted.Load().(string)+`"}}`), "policy.json")
		}
	}
	r := o.start()
	for name, want := range map[string]slog.Level{"debug": slog.LevelDebug, "error": slog.LevelError} {
		wanted.Store(name)
		if _, err := r.Policy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if level.Level() != want {
			t.Errorf("with %s the level is %v", name, level.Level())
		}
	}
}
