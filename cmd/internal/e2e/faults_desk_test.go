//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// scene is a desk where things go wrong.
type scene struct {
	*desk
	// data is the data directory of Portico here, "" for the usual places.
	data  string
	front *front // nil where the provider needs no fault
}

// newScene sets up a desk with a portal and a provider that can be broken.
func newScene(t *testing.T, ctx context.Context, p stage.Params) *scene {
	t.Helper()
	s := &scene{desk: &desk{t: t, ctx: ctx}}
	s.front, s.provider = newFront(t, ctx)
	s.portal = newPortal(t, ctx, s.front.issuer).URL()
	s.Stage = newStage(t, ctx, p)
	return s
}

// bare is a desk with nothing within reach but a portal's address.
func bare(t *testing.T, ctx context.Context, p stage.Params) *scene {
	t.Helper()
	return &scene{desk: &desk{t: t, ctx: ctx, Stage: newStage(t, ctx, p)}}
}

// with is the same desk for a part of the test, with another portal and a data
// directory of its own.
func (s *scene) with(t *testing.T, portal string) *scene {
	t.Helper()
	d := *s.desk
	d.t, d.portal = t, portal
	dir, err := os.MkdirTemp(s.Dir, "own")
	must(t, err)
	return &scene{desk: &d, data: dir, front: s.front}
}

func (s *scene) env() []string {
	env := []string{"PORTICO_PORTAL=" + s.portal}
	if s.data != "" {
		env = append(env, "PORTICO_DATA_DIR="+s.data)
	}
	return env
}

// running is a command of the console under way. What it says on standard error
// can be waited for, line by line.
type running struct {
	*stage.Process
	s    *scene
	args []string
	out  string // file with its standard output
}

// start starts a command of the console as it is.
func (s *scene) start(args ...string) *running {
	s.t.Helper()
	return s.startWith(nil, args...)
}

func (s *scene) startWith(env []string, args ...string) *running {
	s.t.Helper()
	out, err := os.CreateTemp(s.Dir, "stdout")
	must(s.t, err)
	out.Close()
	p, err := s.Start(stage.Command{
		Name: "sh", Args: append([]string{"-c", `exec "$@" 2>&1 >"$OUT"`, "sh", programs.Path("porticoctl")}, args...),
		Env: append(append(s.env(), env...), "OUT="+out.Name()),
	})
	must(s.t, err)
	return &running{Process: p, s: s, args: args, out: out.Name()}
}

// ended is how a command ended.
type ended struct {
	answer
	stdout, stderr string
}

// end waits for the command and checks what holds for all of them.
func (r *running) end() ended {
	t := r.s.t
	t.Helper()
	code, err := r.Wait(r.s.ctx)
	must(t, err)
	stdout, err := os.ReadFile(r.out)
	must(t, err)
	e := ended{answer: answer{exit: code, tail: r.Tail()}, stdout: string(stdout), stderr: r.Output()}
	if slices.Contains(r.args, "--json") {
		e.document = oneDocument(t, r.args, e)
	}
	checkWords(t, r.args, e)
	return e
}

// oneDocument is what --json promises.
func oneDocument(t *testing.T, args []string, e ended) document {
	t.Helper()
	var d document
	decoder := json.NewDecoder(strings.NewReader(e.stdout))
	if err := decoder.Decode(&d); err != nil {
		t.Fatalf("porticoctl %s: exit %d and no document: %v\n%s", strings.Join(args, " "), e.exit, err, e.stderr)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		t.Errorf("porticoctl %s: more than one document on standard output:\n%s", strings.Join(args, " "), e.stdout)
	}
	switch {
	case e.exit == 0 && d.Problem != nil, e.exit != 0 && (d.Problem == nil || d.Problem.Exit() != e.exit):
		t.Errorf("porticoctl %s: exit %d, but the document says %+v", strings.Join(args, " "), e.exit, d.Problem)
	case d.Problem != nil && (d.Words == nil || d.Words.Title == "" || d.Words.Text == "" || d.Words.Next == ""):
		t.Errorf("porticoctl %s: %s without words:\n%s", strings.Join(args, " "), d.Problem.Code, e.stdout)
	}
	return d
}

var (
	jargon = regexp.MustCompile(`(?i)token|oauth|loopback|oidc|\bjwt\b|\bnil\b|%!|\{\{|<no value>`)
	// details are what follows the heading of that name, further to the right.
	details = regexp.MustCompile(`(?m)^ *Details for support:\n( {4,}.*\n?)*`)
	// An address to open may hold anything.
	address = regexp.MustCompile(`(?m)^https?://\S+$`)
)

// checkWords checks that whoever reads what a command says understands it.
func checkWords(t *testing.T, args []string, e ended) {
	t.Helper()
	said := e.stderr
	if e.Words != nil {
		said += strings.Join([]string{e.Words.Title, e.Words.Text, e.Words.Next}, "\n")
	} else if !slices.Contains(args, "--json") {
		said += e.stdout
		if strings.TrimSpace(said) == "" {
			t.Errorf("porticoctl %s: exit %d without a word", strings.Join(args, " "), e.exit)
		}
	}
	said = address.ReplaceAllString(details.ReplaceAllString(said, ""), "")
	if found := jargon.FindString(said); found != "" {
		t.Errorf("porticoctl %s speaks of %q to people:\n%s", strings.Join(args, " "), found, said)
	}
}

// json runs a command with --json to its end.
func (s *scene) json(args ...string) ended {
	s.t.Helper()
	return s.start(append(args, "--json")...).end()
}

// wants checks how a command with --json ended.
func (e ended) wants(t *testing.T, what string, code localapi.Code) {
	t.Helper()
	exit := localapi.ExitDone
	if code != "" {
		exit = localapi.Codes()[code].Exit
	}
	if e.exit != exit || e.why() != code {
		t.Fatalf("%s: exit %d, problem %q; want exit %d, problem %q\n%s%s", what, e.exit, e.why(), exit, code, e.stdout, e.stderr)
	}
}

// fails runs a command that has to fail at once, for programs and for people.
func (s *scene) fails(code localapi.Code, args ...string) ended {
	s.t.Helper()
	text := s.start(args...).end()
	if want := localapi.Codes()[code].Exit; text.exit != want {
		s.t.Errorf("porticoctl %s: exit %d, want %d\n%s%s", strings.Join(args, " "), text.exit, want, text.stdout, text.stderr)
	}
	e := s.json(args...)
	e.wants(s.t, "porticoctl "+strings.Join(args, " "), code)
	return e
}

// opens starts a command that opens the browser, and returns its page.
func (s *scene) opens(args ...string) (*running, *stage.Page) {
	s.t.Helper()
	r := s.start(args...)
	page, err := s.Browser.Opened(s.ctx)
	if err != nil {
		s.t.Fatalf("%v\n%s", err, r.Tail())
	}
	return r, page
}

// agrees signs in on a page, as Ada where nobody is signed in yet.
func (s *scene) agrees(page *stage.Page) {
	s.t.Helper()
	alive, err := s.provider.Alive(s.ctx)
	must(s.t, err)
	if alive.Sessions > 0 {
		must(s.t, s.provider.SignInAgain(s.ctx, page))
		return
	}
	must(s.t, s.provider.SignIn(s.ctx, page, "ada"))
}

// signIn signs in on the console and returns how that ended.
func (s *scene) signIn(args ...string) ended {
	s.t.Helper()
	r, page := s.opens(append([]string{"login", "--json"}, args...)...)
	s.agrees(page)
	return r.end()
}

// isIn checks that Ada is signed in, and that the next start will be silent.
func (s *scene) isIn(what string, e ended) {
	s.t.Helper()
	s.signedIn(what, e.answer)
	if !e.Account.Remembered {
		s.t.Fatalf("%s: the sign-in is not remembered\n%s", what, e.stdout)
	}
}

// agent starts the background program and waits until it serves.
func (s *scene) agent() *stage.Process {
	s.t.Helper()
	p, err := s.Start(stage.Command{Name: programs.Path("portico-agent"), Env: s.env()})
	must(s.t, err)
	s.serves(p)
	return p
}

func (s *scene) runtime() string {
	if s.data == "" {
		return s.Runtime()
	}
	return filepath.Join(s.data, "run")
}

// serves waits until an agent answers, and checks that it is this one.
func (s *scene) serves(p *stage.Process) {
	s.t.Helper()
	if pid := s.serving(p); pid != p.PID() {
		s.t.Fatalf("agent %d answers, not %d\n%s", pid, p.PID(), p.Tail())
	}
}

// serving waits until an agent answers, and returns its process id. It gives up
// when all of those that could have ended.
func (s *scene) serving(started ...*stage.Process) int {
	s.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		client, err := localapi.Dial(s.ctx, s.runtime())
		if err == nil {
			info, err := client.Handshake(s.ctx)
			client.Close()
			must(s.t, err)
			return info.PID
		}
		if !errors.Is(err, localapi.ErrNoAgent) {
			s.t.Fatal(err)
		}
		alive := false
		for _, p := range started {
			select {
			case <-p.Done():
			default:
				alive = true
			}
		}
		if !alive {
			s.t.Fatalf("no agent serves: %s", started[0].Tail())
		}
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			s.t.Fatalf("no agent serves: %v", s.ctx.Err())
		}
	}
}

// leavesNothing checks that a failure has left neither a secret nor a setting.
func (s *scene) leavesNothing() {
	s.t.Helper()
	s.keyStoreIsEmpty()
	s.noFile("settings.json")
}

// noFile checks that there is no such file among Portico's.
func (s *scene) noFile(name string) {
	s.t.Helper()
	s.eachFile(func(path string, _ []byte) {
		if filepath.Base(path) == name {
			s.t.Errorf("%s was written", path)
		}
	})
}

// noSecretOnDisk checks that nothing the provider gave out lies in a file.
func (s *scene) noSecretOnDisk() {
	s.t.Helper()
	credentials := s.front.credentials()
	if len(credentials) == 0 {
		s.t.Fatal("the provider has given nothing out that could be looked for")
	}
	s.eachFile(func(path string, content []byte) {
		for value, name := range credentials {
			if strings.Contains(string(content), value) {
				s.t.Errorf("%s holds the %s", path, name)
			}
		}
	})
}

// eachFile goes through the files that Portico may have written.
func (s *scene) eachFile(look func(path string, content []byte)) {
	s.t.Helper()
	roots := []string{s.data}
	if s.data == "" {
		roots = nil
		for _, dir := range []string{"home", "config", "data", "cache", "state", "tmp"} {
			roots = append(roots, filepath.Join(s.Dir, dir))
		}
	}
	for _, root := range roots {
		must(s.t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a browser or key store at work
			}
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			look(path, content)
			return nil
		}))
	}
}

// interrupt is Ctrl-C.
func (r *running) interrupt() {
	r.s.t.Helper()
	must(r.s.t, syscall.Kill(r.PID(), syscall.SIGINT))
}

// line waits for a line on standard error.
func (r *running) line(match func(string) bool) string {
	r.s.t.Helper()
	line, err := r.WaitLine(r.s.ctx, match)
	must(r.s.t, err)
	return line
}

// addressToOpen is the one that login --no-browser prints.
func (r *running) addressToOpen() string {
	r.s.t.Helper()
	return r.line(func(line string) bool { return strings.HasPrefix(line, "http") })
}
