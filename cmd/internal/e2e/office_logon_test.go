//go:build linux

package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// A wrong password is sent once: not again by another program, at the same time or later,
// by another scheme, or after a restart. Accounts are locked after some tries.
func TestOfficeWithAWrongPassword(t *testing.T) {
	t.Parallel()
	o := newOffice(t, within(t, 2*time.Minute), "digest", "basic")
	o.setPassword("wr0ng-9f31")
	var all [3]*stage.Process
	for i := range all {
		p, err := o.Start(o.command("login"))
		must(t, err)
		all[i] = p
	}
	for _, p := range all {
		o.refusedPassword("login, three at once", o.finish(p, "login"))
	}
	for range 2 {
		agent := o.agent()
		o.refusedPassword("login with an agent", o.ctl("login"))
		o.ctl("status", "--refresh")
		must(t, agent.Kill())
	}
	o.refusedPassword("login after all of that", o.ctl("login"))
	if tries := o.tries(); tries != 1 {
		t.Errorf("the password was tried %d times: %+v", tries, o.proxy.Log(t))
	}

	o.setPassword(squid.Password)
	o.signedIn("with the right one", o.login())
	if tries := o.tries(); tries != 1 {
		t.Errorf("with the right one the proxy has refused %d", tries)
	}
}

// tries counts the times that the proxy has refused the person's password.
func (o *office) tries() (n int) {
	o.t.Helper()
	for _, line := range o.proxy.Log(o.t) {
		if line.Name == squid.Name && line.Status == http.StatusProxyAuthRequired {
			n++
		}
	}
	return n
}

func (o *office) refusedPassword(what string, a answer) {
	o.t.Helper()
	if a.why() != localapi.ProxyWantsPassword || a.Problem.Params["refused"] != "yes" {
		o.t.Errorf("%s: exit %d, want the word that the password was refused\n%s", what, a.exit, a.tail)
	}
}

// The tickets of a day: one that comes after the agent has started, that ends in the
// middle, of somebody else, and none again. The agent is never started anew.
func TestOfficeWhereTicketsComeAndGo(t *testing.T) {
	t.Parallel()
	o := newOffice(t, within(t, 2*time.Minute), "negotiate")
	agent := o.agent()
	o.lacks("login without a ticket", o.ctl("login"), localapi.ProxyLogOn, "no-ticket")
	o.realm.LogOn(t, o.cache, squid.Name, squid.Password)
	o.signedIn("with a ticket that has come late", o.login())
	o.through(annasLogOn, 1, "a refresh", func() { o.signedIn("a refresh", o.ctl("status", "--refresh")) })

	o.realm.LogOn(t, o.cache, squid.Name, squid.Password, "-l", "14s")
	for o.ctx.Err() == nil {
		if a := o.ctl("status", "--refresh"); a.exit != localapi.ExitDone {
			o.lacks("with a ticket that has ended", a, localapi.ProxyLogOn, "ticket-ended")
			break
		}
	}
	o.realm.Admin(t, "addprinc -pw other berta")
	o.realm.LogOn(t, o.cache, "berta", "other")
	o.signedIn("with somebody else's ticket", o.ctl("status", "--refresh"))
	o.proxy.LogUntil(t, func(l squid.Line) bool { return l.Name == "berta@PORTICO.TEST" && l.Status == http.StatusOK })
	o.realm.LogOff(t, o.cache)
	o.lacks("without a ticket again", o.ctl("status", "--refresh"), localapi.ProxyLogOn, "no-ticket")
	if _, info, err := o.Agent(o.ctx); err != nil || info.PID != agent.PID() {
		t.Errorf("the agent is %d and not %d: %v", info.PID, agent.PID(), err)
	}
}
