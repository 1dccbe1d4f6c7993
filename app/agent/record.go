package agent

import (
	"log/slog"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/settings"
)

// record writes down sign-ins and IT's decisions: in the record of the policy AuditLog,
// and in the log.
type record struct {
	file *diag.AuditLog
	// none: a rehearsal leaves no trace, and neither does somebody who only looks.
	none bool
	// decided are the settings in force now.
	decided func() policy.Settings
	// signedIn hears of every sign-in.
	signedIn func()
	log      *slog.Logger

	mu   sync.Mutex // guards last
	last noted
}

// noted is the session, as the log heard of it.
type noted struct {
	phase    localapi.Phase
	provider string
	code     localapi.Code
}

// note tells the log of a change of the session.
func (r *record) note(s localapi.State) {
	now := noted{phase: s.Session.Phase, provider: s.Session.Provider}
	if s.Session.Problem != nil {
		now.code = s.Session.Problem.Code
	}
	r.mu.Lock()
	before := r.last
	r.last = now
	r.mu.Unlock()
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
	r.log.Info("session", about...)
}

// add passes a sign-in on to the record.
func (r *record) add(event session.Audit) {
	r.addIn(r.decided().Text(policy.AuditLog), event)
	if event.Event == session.AuditSignIn && event.Problem == nil {
		r.signedIn()
	}
}

// addIn is add for a value of policy.AuditLog.
func (r *record) addIn(where string, event session.Audit) {
	if r.none {
		return
	}
	if err := r.file.Record(where, event); err != nil {
		r.log.Warn("a sign-in was not recorded", "event", event.Event, "error", err)
	}
}

// addPolicies writes down that IT has decided otherwise than before.
func (r *record) addPolicies(before, now policy.Settings) {
	changed := now.Differences(before)
	if len(changed) == 0 {
		return
	}
	r.log.Info("IT has decided otherwise", "keys", changed)
	event := session.Audit{Time: time.Now(), Event: session.AuditPolicy, Problem: settings.Unclear(now)}
	for _, name := range changed {
		event.Policies = append(event.Policies, string(name))
	}
	where := now.Text(policy.AuditLog)
	if where == "off" {
		where = before.Text(policy.AuditLog) // its last line says that it is off from now on
	}
	r.addIn(where, event)
}
