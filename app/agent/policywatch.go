package agent

import (
	"context"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/session"
)

// PolicyChanges tells when IT may have decided otherwise on this computer, until ctx
// ends, for Params of that name.
func PolicyChanges(ctx context.Context) <-chan struct{} {
	if files := policy.Files(); files != nil {
		return desktop.FileChanges(ctx, files...)
	}
	return desktop.Changes(ctx, policy.Watch)
}

// watchPolicies takes into use what IT decides while the agent runs.
func (a *Agent) watchPolicies() {
	changes := a.p.PolicyChanges
	if changes == nil {
		changes = PolicyChanges
	}
	told := changes(a.life)
	a.reconsider() // what was decided before somebody told of it
	for range told {
		a.reconsider()
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
	event := session.Audit{Time: time.Now(), Event: session.AuditPolicy}
	for _, name := range changed {
		event.Policies = append(event.Policies, string(name))
	}
	if p := now.Unclear(); p != nil {
		why := unclearProblem(now)
		event.Problem = &why
	}
	where := now.Text(policy.AuditLog)
	if where == "off" {
		where = before.Text(policy.AuditLog) // that it is off from now on is its last line
	}
	a.recordIn(where, event)
}
