package main

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

// scripted is an Agent that a test scripts: what its methods answer, and the
// states it goes through.
type scripted struct {
	localapi.Agent // what is not scripted must not be called

	accounts  []localapi.Account
	proxies   []localapi.Proxy
	providers []localapi.ProviderSetup
	newKey    localapi.ClientKey
	signIn    localapi.SignIn
	signOut   localapi.SignOutReport
	forget    localapi.ForgetReport
	policy    localapi.PolicyReport
	examined  localapi.CheckReport
	bundle    localapi.Bundle
	check     localapi.PortalCheck
	// errs are errors by method.
	errs map[string]error
	// after are the states that a method leads to, one after the other.
	after map[string][]localapi.State

	mu      sync.Mutex
	asked   []any
	states  []localapi.State // the present one, and what follows it
	changed chan struct{}
}

func newAgent(states ...localapi.State) *scripted {
	return &scripted{states: states, changed: make(chan struct{}, 1), errs: map[string]error{}, after: map[string][]localapi.State{}}
}

func (a *scripted) do(name string, what any) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, what)
	if err := a.errs[name]; err != nil {
		return err
	}
	if next, ok := a.after[name]; ok {
		a.states = next
		select {
		case a.changed <- struct{}{}:
		default:
		}
	}
	return nil
}

func (a *scripted) State(context.Context) (localapi.State, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.states[0], nil
}

// Watch goes through the states, and then waits for a method to bring more.
func (a *scripted) Watch(ctx context.Context) iter.Seq2[localapi.Event, error] {
	return func(yield func(localapi.Event, error) bool) {
		if err := a.errs["Watch"]; err != nil {
			yield(localapi.Event{}, err)
			return
		}
		for {
			a.mu.Lock()
			state := a.states[0]
			last := len(a.states) == 1
			if !last {
				a.states = a.states[1:]
			}
			a.mu.Unlock()
			if !yield(localapi.Event{Type: localapi.EventState, State: &state}, nil) {
				return
			}
			if !last {
				continue
			}
			select {
			case <-a.changed:
			case <-ctx.Done():
				yield(localapi.Event{}, context.Cause(ctx))
				return
			}
		}
	}
}

func (a *scripted) CheckPortal(_ context.Context, req localapi.PortalRequest) (localapi.PortalCheck, error) {
	return a.check, a.do("CheckPortal", req)
}

func (a *scripted) SetPortal(_ context.Context, req localapi.PortalRequest) error {
	return a.do("SetPortal", req)
}

func (a *scripted) SignIn(_ context.Context, req localapi.SignInRequest) (localapi.SignIn, error) {
	return a.signIn, a.do("SignIn", req)
}

func (a *scripted) CancelSignIn(context.Context) error { return a.do("CancelSignIn", "cancel") }

func (a *scripted) Refresh(ctx context.Context) (localapi.State, error) {
	if err := a.do("Refresh", "refresh"); err != nil {
		return localapi.State{}, err
	}
	return a.State(ctx)
}

func (a *scripted) SignOut(_ context.Context, req localapi.SignOutRequest) (localapi.SignOutReport, error) {
	return a.signOut, a.do("SignOut", req)
}

func (a *scripted) Forget(context.Context) (localapi.ForgetReport, error) {
	return a.forget, a.do("Forget", "forget")
}

func (a *scripted) Accounts(context.Context) ([]localapi.Account, error) {
	return a.accounts, a.do("Accounts", "accounts")
}

// States of a session, with what belongs to them.

func ada() *localapi.Account {
	return &localapi.Account{
		ID: "a1", Provider: "demo", Name: "Ada Lovelace", GivenName: "Ada", Email: "ada@contoso.example",
		EmailVerified: true, Issuer: "https://id.example", Subject: "42", Remembered: true,
	}
}

func state(phase localapi.Phase, change ...func(*localapi.State)) localapi.State {
	s := localapi.State{
		API: localapi.Version, Build: "0.1.0", PortalAddress: "https://portal.example",
		Portal: &localapi.Portal{
			Name: "Contoso IT", Host: "portal.example",
			Providers: []localapi.Provider{{ID: "demo", Title: "Demo sign-in"}},
		},
		Session: localapi.Session{Phase: phase, Since: time.Date(2030, 1, 2, 3, 4, 0, 0, time.UTC)},
	}
	if phase == localapi.SignedIn || phase == localapi.Offline || phase == localapi.NeedsSignIn {
		s.Session.Account, s.Session.Provider = ada(), "demo"
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

func with(code localapi.Code, params ...string) func(*localapi.State) {
	return func(s *localapi.State) { s.Session.Problem = problem(code, params...) }
}

func problem(code localapi.Code, params ...string) *localapi.Problem {
	p := &localapi.Problem{Code: code}
	for i := 0; i+1 < len(params); i += 2 {
		if p.Params == nil {
			p.Params = map[string]string{}
		}
		p.Params[params[i]] = params[i+1]
	}
	return p
}

// console is a program with everything around it recorded.
type console struct {
	*program
	out, progress bytes.Buffer
	opened        []string
	openErr       error
	environment   map[string]string
	closed        int
	// hidden counts how often typing was hidden and shown again.
	hidden, shown int
	// connected are the options of each connection.
	connected []connected
}

// connected is what a connection was asked for with.
type connected struct {
	Options  connectOptions
	Rehearse *localapi.PortalRequest
}

// english is read once: a test makes many consoles.
var english = sync.OnceValue(func() *words.Words { return words.New("en") })

// newConsole talks to a through a running agent, or with own in its own process.
func newConsole(a localapi.Agent, own bool) *console {
	c := &console{environment: map[string]string{}}
	c.program = &program{
		in: strings.NewReader(""), out: &c.out, progress: &c.progress, words: english(),
		env: func(name string) string { return c.environment[name] },
		now: func() time.Time { return time.Date(2030, 12, 31, 23, 0, 0, 0, time.UTC) },
		browse: func(_ context.Context, address string) error {
			c.opened = append(c.opened, address)
			return c.openErr
		},
		hide:    func() (func(), error) { c.hidden++; return func() { c.shown++ }, nil },
		widen:   func() (func(), error) { c.hidden++; return func() { c.shown++ }, nil },
		columns: func() int { return 0 },
		user:    func() int { return 1000 },
		connect: func(_ context.Context, p *program, options connectOptions) (*connection, error) {
			c.connected = append(c.connected, connected{options, p.rehearse})
			return &connection{
				Agent: a, own: own || options.Alone || p.rehearse != nil, info: localapi.Info{API: localapi.Version, Build: "0.1.0", PID: 42},
				close: func() error { c.closed++; return nil },
			}, nil
		},
	}
	return c
}

// run runs a command line and checks what holds for all of them.
func (c *console) run(ctx context.Context, t *testing.T, args ...string) int {
	t.Helper()
	code := c.execute(ctx, args)
	if c.json {
		name := strings.TrimPrefix(args[0], "--") // --version is version
		if name == "providers" && len(args) > 1 && (args[1] == "secret" || args[1] == "key") {
			name += "-" + args[1]
		}
		if name == "manifest" && len(args) > 1 && args[1] == "init" {
			name += "-init"
		}
		if name == "status" && slices.Contains(args, "--everybody") {
			name += "-everybody"
		}
		checkDocument(t, name, c.out.Bytes(), code)
	}
	return code
}

// checkDocument holds a document to the schema.
func checkDocument(t *testing.T, command string, document []byte, code int) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatalf("standard output is not one JSON document: %v\n%s", err, document)
	}
	var trouble struct {
		Problem *localapi.Problem `json:"problem"`
		Phase   *string           `json:"phase"`
		Local   *string           `json:"local"`
		Files   *any              `json:"files"`
		Policy  *[]any            `json:"settings"`
		Starts  *bool             `json:"starts"`
		Checks  *[]any            `json:"checks"`
		People  *[]any            `json:"people"`
		Apps    *int              `json:"apps"`
	}
	if err := json.Unmarshal(document, &trouble); err != nil {
		t.Fatal(err)
	}
	name := command
	if trouble.Problem != nil && trouble.Phase == nil && trouble.Local == nil && trouble.Files == nil && trouble.Policy == nil && trouble.Starts == nil && trouble.Checks == nil && trouble.People == nil && trouble.Apps == nil {
		name = "failure"
	}
	if err := schema(t, name).Validate(value); err != nil {
		t.Errorf("%v\n%s", err, document)
	}
	switch {
	case code == 0 && trouble.Problem != nil:
		t.Errorf("exit 0 with a problem: %s", document)
	case code != 0 && (trouble.Problem == nil || trouble.Problem.Exit() != code):
		t.Errorf("exit %d, but the document says %s", code, document)
	}
}

// schemas are those of all documents, by name.
var schemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	f, err := os.Open("../../assets/schema/porticoctl.schema.json")
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("porticoctl.json", doc); err != nil {
		return nil, err
	}
	all := map[string]*jsonschema.Schema{}
	for _, name := range []string{"login", "logout", "status", "status-everybody", "wait", "accounts", "manifest", "manifest-init", "providers", "providers-secret", "providers-key", "policy", "autostart", "proxy", "doctor", "bundle", "bundle-file", "forget", "version", "completion", "failure"} {
		if all[name], err = c.Compile("porticoctl.json#/$defs/" + name); err != nil {
			return nil, err
		}
	}
	return all, nil
})

func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	all, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	if all[name] == nil {
		t.Fatalf("the schema does not know %s", name)
	}
	return all[name]
}

func (a *scripted) Paste(_ context.Context, req localapi.PasteRequest) error {
	return a.do("Paste", req)
}

func (a *scripted) UseAccount(_ context.Context, req localapi.AccountRequest) error {
	return a.do("UseAccount", req)
}

func (a *scripted) Providers(context.Context) ([]localapi.ProviderSetup, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.providers, a.errs["Providers"]
}

func (a *scripted) SetSecret(_ context.Context, req localapi.SecretRequest) error {
	return a.do("SetSecret", req)
}

func (a *scripted) SetProxyPassword(_ context.Context, req localapi.ProxyPasswordRequest) error {
	return a.do("SetProxyPassword", req)
}

func (a *scripted) ForgetProxy(_ context.Context, req localapi.ProxyRequest) (localapi.ForgottenProxy, error) {
	return localapi.ForgottenProxy{Known: len(a.proxies) > 0}, a.do("ForgetProxy", req)
}

func (a *scripted) Proxies(context.Context) ([]localapi.Proxy, error) {
	return a.proxies, a.errs["Proxies"]
}

func (a *scripted) NewKey(_ context.Context, req localapi.KeyRequest) (localapi.ClientKey, error) {
	if err := a.do("NewKey", req); err != nil {
		return localapi.ClientKey{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.providers[0].Keys = append(a.providers[0].Keys, a.newKey)
	return a.newKey, nil
}

func (a *scripted) DropKey(_ context.Context, req localapi.KeyRequest) error {
	return a.do("DropKey", req)
}

func (a *scripted) Set(_ context.Context, req localapi.SettingRequest) error {
	return a.do("Set", req)
}

func (a *scripted) Policy(context.Context) (localapi.PolicyReport, error) {
	return a.policy, a.do("Policy", "policy")
}

func (a *scripted) Check(context.Context) (localapi.CheckReport, error) {
	return a.examined, a.do("Check", "check")
}

func (a *scripted) Bundle(context.Context) (localapi.Bundle, error) {
	return a.bundle, a.do("Bundle", "bundle")
}
