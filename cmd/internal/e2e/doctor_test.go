//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// diagnosis is what porticoctl doctor --json prints.
type diagnosis struct {
	Checks []struct {
		ID, Status, Because, Subject string
		Problem                      *localapi.Problem
		Facts                        []string
	}
	Cause   string
	Problem *localapi.Problem
}

// is says how a check ended: its status, with the code of its problem.
func (d diagnosis) is(id string) string {
	for _, c := range d.Checks {
		if c.ID == id {
			if c.Problem != nil {
				return c.Status + " " + string(c.Problem.Code)
			}
			return c.Status
		}
	}
	return "missing"
}

// names checks that a cause is named and that nothing else is called bad; "" is for
// nothing bad at all.
func (d diagnosis) names(t *testing.T, cause string, code localapi.Code) {
	t.Helper()
	if d.Cause != cause || cause != "" && d.is(cause) != "bad "+string(code) {
		t.Errorf("the cause is %q (%s), want %q of %s", d.Cause, d.is(d.Cause), cause, code)
	}
	for _, c := range d.Checks {
		if c.Status == "bad" && c.ID != cause {
			t.Errorf("%s (%s) is bad as well: %+v", c.ID, c.Subject, c.Problem)
		}
	}
}

// consult asks the doctor, for programs and for people.
func (s *scene) consult(env ...string) diagnosis {
	s.t.Helper()
	e := s.startWith(env, "doctor", "--json").end()
	d := readDiagnosis(s.t, e.stdout)
	people := s.startWith(env, "doctor").end()
	if people.exit != e.exit {
		s.t.Errorf("doctor ends with %d, with --json %d", people.exit, e.exit)
	}
	verdict, _, _ := strings.Cut(people.stdout, "\n")
	if d.Problem != nil && !strings.Contains(verdict, e.Words.Title) {
		s.t.Errorf("people are told %q first, programs %q", verdict, e.Words.Title)
	}
	return d
}

func readDiagnosis(t *testing.T, text string) diagnosis {
	t.Helper()
	var d diagnosis
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return d
}

// consulting is a desk with a portal and a provider that work.
func consulting(t *testing.T, ctx context.Context, p stage.Params) *scene {
	t.Helper()
	return &scene{desk: newDesk(t, ctx, p, func(_ *testing.T, ctx context.Context) (stage.Provider, error) { return stage.DemoProvider(ctx) })}
}

func TestDoctorFindsNothingOnAHealthyDesk(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := consulting(t, ctx, stage.Params{})
	d := s.consult()
	d.names(t, "", "")
	for _, id := range []string{"key-store", "browser", "redirect", "tls", "clock", "manifest", "provider", "disk"} {
		if d.is(id) != "good" {
			t.Errorf("%s is %s", id, d.is(id))
		}
	}
	if d.is("agent") != "skipped" {
		t.Errorf("with no agent running it is %s", d.is("agent"))
	}
	secrets, err := s.Secrets(ctx)
	must(t, err)
	if len(secrets) > 0 {
		t.Errorf("the key store holds %d entries", len(secrets))
	}

	s.agent()
	d = s.consult()
	d.names(t, "", "")
	if d.is("agent") != "good" {
		t.Errorf("with an agent running it is %s", d.is("agent"))
	}
	if alive, err := s.provider.Alive(ctx); err != nil || alive.Sessions > 0 {
		t.Errorf("somebody was signed in: %+v, %v", alive, err)
	}
}

func TestDoctorNamesTheCause(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		desk  stage.Params
		make  func(*testing.T, *scene)
		cause string
		code  localapi.Code
	}{
		"no key store":       {desk: stage.Params{KeyStore: stage.KeyStoreAbsent}, cause: "key-store", code: localapi.KeyStoreMissing},
		"no session bus":     {desk: stage.Params{KeyStore: stage.NoSessionBus}, cause: "key-store", code: localapi.KeyStoreMissing},
		"a locked key store": {desk: stage.Params{KeyStore: stage.KeyStoreLocked}, cause: "key-store", code: localapi.KeyStoreLocked},
		"a key store that hangs": {
			make: func(t *testing.T, s *scene) {
				must(t, s.FreezeKeyStore())
				t.Cleanup(func() { must(t, s.ThawKeyStore()) })
			},
			cause: "key-store", code: localapi.KeyStoreSilent,
		},
		"a name that does not exist": {
			desk: stage.Params{}, make: func(_ *testing.T, s *scene) { s.portal = "https://portal.contoso.invalid" },
			cause: "dns", code: localapi.NameNotFound,
		},
		"nobody listens": {
			make: func(t *testing.T, s *scene) {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				must(t, err)
				s.portal = l.Addr().String()
				must(t, l.Close())
			},
			cause: "tls", code: localapi.PortalUnreachable,
		},
		"an agent that speaks another version": {
			make: func(t *testing.T, s *scene) {
				s.otherAgent(t, localapi.Info{API: localapi.Version + 1, Build: "9.0.0"})
			},
			cause: "agent", code: localapi.VersionMismatch,
		},
		"no portal": {make: func(_ *testing.T, s *scene) { s.portal = "" }, cause: "portal-address", code: localapi.NoPortal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := consulting(t, within(t, 2*time.Minute), tc.desk)
			if tc.make != nil {
				tc.make(t, s)
			}
			s.consult().names(t, tc.cause, tc.code)
		})
	}
}

// otherAgent serves on this desk as a Portico of another version would.
func (s *scene) otherAgent(t *testing.T, info localapi.Info) {
	t.Helper()
	must(t, os.MkdirAll(s.Runtime(), 0o700))
	l, err := localapi.Listen(s.Runtime())
	must(t, err)
	ctx, stop := context.WithCancel(s.ctx)
	served := make(chan error, 1)
	go func() { served <- localapi.Server{Agent: localapi.Parts{}, Info: info}.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		must(t, <-served)
	})
}

// inMounts is a command line in a file system of its own, after a shell has changed
// that.
func (s *scene) inMounts(t *testing.T, change string) diagnosis {
	t.Helper()
	args := append(apart("--mount"), "sh", "-ec", change+"\nexec "+programs.Path("porticoctl")+" doctor --json")
	r, err := s.Run(s.ctx, stage.Command{Name: "unshare", Args: args, Env: s.env()})
	must(t, err)
	return readDiagnosis(t, documentIn(t, r))
}

// documentIn is the JSON of an output with other things in it.
func documentIn(t *testing.T, r stage.Result) string {
	t.Helper()
	from, to := strings.Index(r.Stdout, "{"), strings.LastIndex(r.Stdout, "}")
	if from < 0 || to < from {
		t.Fatalf("exit %d and no document: %s", r.Code, r.Tail)
	}
	return r.Stdout[from : to+1]
}

// apart are the arguments of unshare for whoever runs the tests.
func apart(namespaces ...string) []string {
	if os.Getuid() == 0 {
		return namespaces
	}
	return append(namespaces, "--user", "--map-root-user")
}

func TestDoctorFindsAFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := consulting(t, within(t, time.Minute), stage.Params{})
	s.inMounts(t, `mount -t tmpfs -o ro,mode=0700 tmpfs "$XDG_DATA_HOME"`).names(t, "disk", localapi.DataFolder)
}

func TestDoctorFindsADiskThatIsFull(t *testing.T) {
	t.Parallel()
	s := consulting(t, within(t, time.Minute), stage.Params{})
	d := s.inMounts(t, `mount -t tmpfs -o size=4m,mode=0700 tmpfs "$XDG_DATA_HOME"`)
	d.names(t, "", "")
	if got := d.is("disk"); got != "warning "+string(localapi.DiskFull) {
		t.Errorf("with 4 MB left it is %s", got)
	}
}

// Nothing of a policy that anybody may write is used; without its address there is
// no portal.
func TestDoctorFindsPoliciesThatAreNotUsed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		file, mode string
		code       localapi.Code
	}{
		"anybody may write it": {`{"settings":{"PortalURL":"https://portal.example.com"}}`, "0666", localapi.PolicyUnsafe},
		"it is cut off":        {`{"settings":{"PortalURL":"https://portal`, "0644", localapi.PolicyUnreadable},
		"a wrong value":        {`{"settings":{"PortalURL":"portal"}}`, "0644", localapi.PolicyWrong},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := bare(t, within(t, time.Minute), stage.Params{})
			file := filepath.Join(s.Dir, "policy.json")
			must(t, os.WriteFile(file, []byte(tc.file), 0o600))
			d := s.inMounts(t, strings.NewReplacer("TMP", filepath.Join(s.Dir, "tmp"), "FILE", file, "MODE", tc.mode).Replace(`
				mount -t tmpfs tmpfs TMP
				mkdir TMP/upper TMP/work
				cp FILE TMP/policy.json
				mount -t overlay overlay -o lowerdir=/etc,upperdir=TMP/upper,workdir=TMP/work /etc
				mkdir -p -m 0755 /etc/portico
				install -m MODE TMP/policy.json /etc/portico/policy.json`))
			d.names(t, "policy", tc.code)
			if d.is("portal-address") != "skipped" {
				t.Errorf("the portal's address is %s", d.is("portal-address"))
			}
		})
	}
}
