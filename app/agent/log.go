package agent

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/settings"
)

// logged tells the log, at debug level, of every request: where it went, what came of
// it and how long that took. Queries and bodies hold secrets, and are not told of.
type logged struct {
	http.RoundTripper
	log *slog.Logger
}

// withLog is a client whose requests the log is told of.
func withLog(c *http.Client, log *slog.Logger) *http.Client {
	told := *c
	base := c.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	told.Transport = logged{base, log}
	return &told
}

func (l logged) RoundTrip(req *http.Request) (*http.Response, error) {
	if !l.log.Enabled(req.Context(), slog.LevelDebug) {
		return l.RoundTripper.RoundTrip(req)
	}
	begun := time.Now()
	resp, err := l.RoundTripper.RoundTrip(req)
	about := []any{"method", req.Method, "host", req.URL.Host, "path", req.URL.Path, "took", time.Since(begun).Round(time.Millisecond)}
	if err != nil {
		l.log.Debug("request", append(about, "error", err)...)
		return nil, err
	}
	l.log.Debug("request", append(about, "status", resp.StatusCode)...)
	return resp, nil
}

// standing is where the session stands, as the log has it.
type standing struct {
	phase    localapi.Phase
	provider string
	code     localapi.Code
}

// note tells the log when the session stands elsewhere than before.
func (a *Agent) note(s localapi.State) {
	now := standing{phase: s.Session.Phase, provider: s.Session.Provider}
	if s.Session.Problem != nil {
		now.code = s.Session.Problem.Code
	}
	a.mu.Lock()
	before := a.stood
	a.stood = now
	a.mu.Unlock()
	if now == before {
		return
	}
	about := []any{"phase", now.phase, "provider", now.provider}
	if p := s.Session.Problem; p != nil {
		about = append(about, "problem", p.Code)
		if d := p.Details; d != nil {
			about = append(about, "error", d.Error)
			if d.CorrelationID != "" {
				about = append(about, "correlation", d.CorrelationID)
			}
		}
	}
	a.log.Info("session", about...)
}

// record passes a sign-in on to the record of them.
func (a *Agent) record(event session.Audit) {
	a.recordIn(a.decisions.Now().Text(policy.AuditLog), event)
	if event.Event == session.AuditSignIn && event.Problem == nil {
		a.decisions.SignedIn()
	}
}

// recordIn is record for a value of policy.AuditLog. A rehearsal leaves no trace, and
// neither does somebody who only looks.
func (a *Agent) recordIn(where string, event session.Audit) {
	if a.p.Rehearse != nil || a.p.Passive {
		return
	}
	if err := a.audit.Record(where, event); err != nil {
		a.log.Warn("a sign-in was not recorded", "event", event.Event, "error", err)
	}
}

// watchesPolicies says whether anybody tells of changes: not where the policies are made
// by hand.
func (a *Agent) watchesPolicies() bool {
	return a.p.PolicyChanges != nil || a.p.Desktop && a.p.Policies == nil
}

// tellOfPolicies writes down that IT has decided otherwise than before.
func (a *Agent) tellOfPolicies(before, now policy.Settings) {
	changed := now.Differences(before)
	if len(changed) == 0 {
		return
	}
	a.log.Info("IT has decided otherwise", "keys", changed)
	event := session.Audit{Time: time.Now(), Event: session.AuditPolicy, Problem: settings.Unclear(now)}
	for _, name := range changed {
		event.Policies = append(event.Policies, string(name))
	}
	where := now.Text(policy.AuditLog)
	if where == "off" {
		where = before.Text(policy.AuditLog) // that it is off from now on is its last line
	}
	a.recordIn(where, event)
}
