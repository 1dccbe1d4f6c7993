//go:build linux

package e2e

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// The whole story of a person in a company whose proxy takes Kerberos: Portico and the
// browser show it the ticket that the log-on has brought.
func TestOfficeWithKerberos(t *testing.T) {
	t.Parallel()
	o := newOffice(t, within(t, 2*time.Minute), "negotiate")
	o.unreachable()
	o.lacks("login without a ticket", o.ctl("login"), localapi.ProxyLogOn, "no-ticket")
	o.realm.LogOn(t, o.cache, squid.Name, squid.Password)
	o.story(annasLogOn)
	o.keyStoreIsEmpty()
}

// The same with a proxy that wants a password.
func TestOfficeWithAPassword(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"digest", "basic"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, within(t, 2*time.Minute), scheme)
			o.lacks("login without a password", o.ctl("login"), localapi.ProxyWantsPassword, "")
			o.setPassword(squid.Password)
			o.story(squid.Name)
			o.keyStoreIsEmpty()
		})
	}
}

// story is everything that a person does, through a proxy that knows the person by a name.
func (o *office) story(name string) {
	t := o.t
	t.Helper()
	o.signedIn("login", o.login())
	o.alive("after signing in", stage.Alive{Grants: 1, Sessions: 1})
	if asked := o.files.Requests(); asked[demoportal.ManifestPath] == 0 {
		t.Errorf("nobody has read the portal's manifest: %v", asked)
	}
	o.through(name, 1, "the next start", func() { o.signedIn("the next start", o.ctl("status")) })

	agent := o.agent()
	o.signedIn("with the agent", o.ctl("status", "--refresh"))
	o.through(name, 1, "a refresh by the agent", func() {
		a := o.ctl("status", "--refresh")
		o.signedIn("a refresh by the agent", a)
		if a.Agent == nil || a.Agent.PID != agent.PID() {
			t.Errorf("it was not the agent %d that answered: %+v", agent.PID(), a.Agent)
		}
	})
	o.expect(localapi.ExitDone, "doctor")

	p, page := o.begin("logout", "--browser")
	must(t, o.provider.FinishSignOut(o.ctx, page))
	if a := o.finish(p, "logout"); a.exit != localapi.ExitDone || a.Revoked != localapi.StepDone || a.Browser != localapi.StepInBrowser {
		t.Errorf("logout: exit %d, %s, %s\n%s", a.exit, a.Revoked, a.Browser, a.tail)
	}
	o.alive("after signing out", stage.Alive{})

	o.signedIn("with a code", o.signInAs(setup{device: true}))
	agent.Stop()
	r, err := o.Run(o.ctx, o.command("forget", "--yes"))
	must(t, err)
	if r.Code != localapi.ExitDone {
		t.Errorf("forget: exit %d\n%s", r.Code, r.Tail)
	}
}

// through checks that f takes n tunnels to the provider, in which nothing was asked: what
// the proxy wants is known from before. Digest alone has to wait for the proxy's nonce.
func (o *office) through(name string, n int, what string, f func()) {
	o.t.Helper()
	login, err := url.Parse(o.provider.Issuer())
	must(o.t, err)
	var want []squid.Line
	for range n {
		if o.asksFirst {
			want = append(want, squid.Line{Status: 407, Asked: "CONNECT " + login.Host, Name: "-"})
		}
		want = append(want, squid.Line{Status: 200, Asked: "CONNECT " + login.Host, Name: name})
	}
	if diff := cmp.Diff(want, o.noted(login.Host, n, f)); diff != "" {
		o.t.Errorf("%s takes these requests to the proxy (-want +got):\n%s", what, diff)
	}
}

// lacks checks that a command ended at the proxy, with this reason, "" for none but a missing password.
func (o *office) lacks(what string, a answer, code localapi.Code, lack string) {
	o.t.Helper()
	problem := a.Problem
	if a.exit != localapi.ExitUnreachable || problem == nil || problem.Code != code || problem.Params["lack"] != lack || problem.Params["proxy"] != o.proxyName() {
		o.t.Errorf("%s: exit %d, want %s for %s\n%s", what, a.exit, code, lack, a.tail)
	}
}

// setPassword gives the proxy's password as a script does.
func (o *office) setPassword(password string) {
	o.t.Helper()
	c := o.command("proxy", "set", o.proxyName(), "--name", squid.Name)
	c.Stdin = strings.NewReader(password + "\n")
	r, err := o.Run(o.ctx, c)
	must(o.t, err)
	if r.Code != localapi.ExitDone || strings.Contains(r.Tail, password) {
		o.t.Fatalf("proxy set: exit %d\n%s", r.Code, strings.ReplaceAll(r.Tail, password, "THE PASSWORD"))
	}
}
