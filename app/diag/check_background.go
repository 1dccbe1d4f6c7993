package diag

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
)

// checkBackground tells if Portico runs in the background. A program that asks over its
// socket knows more about it; see [Heard].
func (x *examination) checkBackground(context.Context) []*check {
	if x.Background {
		return []*check{good("agent", groupComputer, x.Build, fmt.Sprintf("version %s, process %d", x.Build, os.Getpid()))}
	}
	return []*check{skipped("agent", groupComputer, "", "it is not running; this command looked by itself")}
}

// Heard is a program's knowledge of the agent: of the one that it asked for a report,
// or could not ask.
type Heard struct {
	// Build is the program's own version.
	Build string
	// Agent is the agent that answered, nil for none.
	Agent *localapi.Info
	// Problem is why an existing agent gave no answer, nil for no reason.
	Problem *localapi.Problem
}

// Hear adds the asking program's knowledge of the agent to a report, and finds the
// cause anew.
func Hear(r localapi.CheckReport, h Heard) localapi.CheckReport {
	var c *check
	switch {
	case h.Problem != nil:
		c = bad("agent", groupComputer, "", h.Problem, "this command, version "+h.Build+", looked by itself")
		if h.Agent != nil {
			c.Facts = append(c.Facts, agentFact(*h.Agent))
		}
	case h.Agent != nil && h.Agent.Build != h.Build:
		c = warning("agent", groupComputer, h.Agent.Build, &localapi.Problem{Code: localapi.VersionMismatch}, agentFact(*h.Agent), "this command is version "+h.Build)
	case h.Agent != nil:
		c = good("agent", groupComputer, h.Agent.Build, agentFact(*h.Agent))
	default:
		return r
	}
	for i := range r.Checks {
		if r.Checks[i].ID == "agent" {
			r.Checks[i] = c.CheckResult
		}
	}
	r.Cause = causeOf(r.Checks)
	return r
}

func agentFact(i localapi.Info) string {
	return fmt.Sprintf("version %s, process %d, speaks version %d of the local protocol", forDisplay(i.Build), i.PID, i.API)
}

func (x *examination) checkAutostart(context.Context) []*check {
	const id = "autostart"
	entries := x.LogOn()
	var facts []string
	for _, e := range entries {
		facts = append(facts, "registered in "+e.Place)
	}
	switch {
	case !x.Autostart && len(entries) > 0:
		return []*check{good(id, groupComputer, "", append([]string{"turned off; what is registered ends at once"}, facts...)...)}
	case !x.Autostart:
		return []*check{good(id, groupComputer, "", "turned off")}
	case len(entries) > 0:
		return []*check{good(id, groupComputer, "", facts...)}
	case x.Paths.Custom:
		return []*check{skipped(id, groupComputer, "", "a Portico with a data folder of its own is started by hand")}
	}
	return []*check{warning(id, groupComputer, "", x.problem(localapi.AutostartMissing, nil), "nothing is registered")}
}

func (x *examination) checkVersions(context.Context) []*check {
	facts := []string{systemName(), "Portico " + x.Build + " (" + runtime.Version() + ")"}
	if kernel := kernelVersion(); kernel != "" {
		facts = append(facts, "kernel: "+kernel)
	}
	var desktop []string
	for _, name := range []string{"XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE"} {
		if value := forDisplay(x.Env(name)); value != "" {
			desktop = append(desktop, value)
		}
	}
	if desktop != nil {
		facts = append(facts, "desktop: "+strings.Join(desktop, ", "))
	}
	return []*check{good("versions", groupComputer, "Portico "+x.Build, facts...)}
}
