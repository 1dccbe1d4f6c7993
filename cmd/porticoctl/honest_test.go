package main

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// odd is a provider that means no harm and has its own ways, and a computer where
// somebody works with it through porticoctl. No agent runs there.
type odd struct {
	t        *testing.T
	idp      *authtest.Provider
	site     *notice
	store    *vault.Vault
	dir      string
	policies map[policy.Name]any
	opened   int // addresses that the browser was sent to
}

// story is what somebody does, one command after the other.
type story struct {
	options []authtest.Option
	// describe changes how the portal describes the provider.
	describe map[string]any
	policies map[policy.Name]any
	steps    []step
	// after is what is left at the end.
	after outcome
}

// step is one command, with what comes of it.
type step struct {
	// before changes the world.
	before func(*odd)
	// args is the command line, with blanks between its arguments.
	args  string
	input string
	exit  int
	// code is that of the problem, "" for none.
	code localapi.Code
	// says are parts of the document's texts.
	says []string
	// never are texts that nothing of the output may hold.
	never []string
	after func(*odd)
}

// outcome is what a key store holds when a story has ended.
type outcome int

const (
	// nobody: no account is known.
	nobody outcome = iota
	// renewed: once all is well, the kept sign-in is renewed. A rotated refresh token
	// that was thrown away would have ended it: the provider revokes what is shown twice.
	renewed
	// ended: the account is known, and its sign-in is over.
	ended
)

func tell(t *testing.T, stories map[string]story) {
	t.Helper()
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.tell(t)
		})
	}
}

// scene is where a story is set.
func (s story) scene(t *testing.T) *odd {
	t.Helper()
	o := &odd{
		t: t, idp: authtest.New(t, s.options...), site: newNotice(t, "max-age=600"), dir: t.TempDir(), policies: s.policies,
		store: vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()}),
	}
	provider := map[string]any{"id": "work", "title": "Work", "authority": o.idp.URL, "client_id": authtest.ClientID}
	maps.Copy(provider, s.describe)
	o.site.publish(provider)
	return o
}

func (s story) tell(t *testing.T) {
	o := s.scene(t)
	for _, step := range s.steps {
		if step.before != nil {
			step.before(o)
		}
		o.takes(step)
		if step.after != nil {
			step.after(o)
		}
	}
	o.idp.Heal()
	switch s.after {
	case nobody:
		o.takes(step{args: "accounts", never: []string{authtest.Ada().Subject}})
	case renewed:
		o.takes(step{args: "status --refresh", says: []string{authtest.Ada().Subject}})
	case ended:
		o.takes(step{args: "accounts", says: []string{authtest.Ada().Subject}})
		o.idp.Forget()
		o.takes(step{args: "status --refresh", exit: localapi.ExitSignInNeeded, code: localapi.SignInExpired})
		if n := len(o.idp.Requests(authtest.Token)); n > 0 {
			o.t.Errorf("a dead refresh token was shown %d times", n)
		}
	}
}

// console is where somebody types a command. Where the browser shows a page with an
// error, nothing ever comes back, and the person gives up.
func (o *odd) console(giveUp func()) *console {
	c := newConsole(nil, false)
	c.connect, c.store, c.http = connect, o.store, o.idp.Client()
	c.environment["PORTICO_PORTAL"] = o.site.URL
	c.program.policies = func() *policy.Policies { return policytest.Of(o.policies, nil) }
	c.browse = func(ctx context.Context, address string) error {
		o.opened++
		page, err := o.idp.Browse(ctx, address)
		if err == nil && page.StatusCode != http.StatusOK {
			giveUp()
			err = errors.New(page.Status)
		}
		return err
	}
	return c
}

// takes runs a command and holds it to what is to come of it.
func (o *odd) takes(s step) {
	o.t.Helper()
	ctx, giveUp := context.WithCancel(o.t.Context())
	defer giveUp()
	c := o.console(giveUp)
	c.in = strings.NewReader(s.input)
	code := c.run(ctx, o.t, append(strings.Fields(s.args), "--json", "--data-dir", o.dir)...)
	var document any
	var trouble trouble
	for _, into := range []any{&document, &trouble} {
		if err := json.Unmarshal(c.out.Bytes(), into); err != nil {
			o.t.Fatal(err)
		}
	}
	var got localapi.Code
	if trouble.Problem != nil {
		got = trouble.Problem.Code
	}
	if code != s.exit || got != s.code {
		o.t.Fatalf("%s: exit %d and %q, want %d and %q\n%s%s", s.args, code, got, s.exit, s.code, &c.out, &c.progress)
	}
	said := strings.Join(textsOf(document), "\n")
	for _, part := range s.says {
		if !strings.Contains(said, part) {
			o.t.Errorf("%s: no %q in\n%s", s.args, part, said)
		}
	}
	for _, part := range s.never {
		if strings.Contains(said+c.progress.String(), part) {
			o.t.Errorf("%s: %q is in\n%s\n%s", s.args, part, said, &c.progress)
		}
	}
}

// textsOf are all texts of a JSON document.
func textsOf(document any) (found []string) {
	switch d := document.(type) {
	case string:
		return []string{d}
	case []any:
		for _, v := range d {
			found = append(found, textsOf(v)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(d)) {
			found = append(found, textsOf(d[name])...)
		}
	}
	return found
}

// breaks puts faults in force before a step.
func breaks(faults ...authtest.Fault) func(*odd) {
	return func(o *odd) { o.idp.Fault(faults...) }
}

// atRefresh limits a fault to renewals.
func atRefresh(f authtest.Fault) authtest.Fault { return f.ForGrant("refresh_token") }

// announces gives a member of the metadata another value.
func announces(name string, value any) authtest.Fault {
	return authtest.Metadata(func(m map[string]any) { m[name] = value })
}

// says is an answer in JSON.
func says(e authtest.Endpoint, status int, body string) authtest.Fault {
	return authtest.Answer(e, status, map[string]string{"Content-Type": "application/json"}, body)
}

var (
	signsIn = step{args: "login", says: []string{authtest.Ada().Email}}
	renews  = step{args: "status --refresh", says: []string{authtest.Ada().Email}}
	leaves  = step{args: "logout"}
)

// but is a step with something before it.
func (s step) but(before func(*odd)) step { s.before = before; return s }
