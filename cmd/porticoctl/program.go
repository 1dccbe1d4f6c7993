package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/redact"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth"
)

// program is shared by all commands: the outside world, and the flags standing before any
// command.
type program struct {
	in    io.Reader
	typed *bufio.Reader // in, once it is read
	// out takes results, progress everything else.
	out, progress io.Writer
	// drawing is the stream of progress, for pictures made of a terminal's own commands.
	drawing io.Writer
	// terminal: in is one, so a person can be asked.
	terminal bool
	// hide stops the terminal from showing typed text, until show is called.
	hide func() (show func(), err error)
	// widen lets the terminal hand over long lines, until restore is called.
	widen func() (restore func(), err error)
	// columns is the width of progress's terminal, 0 for none.
	columns func() int
	env     func(string) string
	now     func() time.Time
	words   *words.Words
	browse  func(ctx context.Context, address string) error
	connect func(ctx context.Context, p *program, options connectOptions) (*connection, error)
	// store keeps the sign-ins of an agent in this process. Nil means the
	// operating system's key store.
	store auth.Store
	// http makes the requests of an agent in this process. Nil means the agent's
	// own client.
	http *http.Client

	// policies reads the decisions of IT. Nil means policy.Read.
	policies func() *policy.Policies
	// found are the decisions of IT and the person, once read; see find.
	found *settings.Found
	// loggedOn lists the people with a log-on session. Nil means peopleHere.
	loggedOn func() ([]loggedOn, error)
	// user is the number of the person running this, -1 if there are none. Nil means
	// os.Geteuid.
	user func() int
	// entries lists the entries for starting Portico at log-on. Nil means desktop.LogOnEntries.
	entries func() []desktop.LogOnEntry

	json    bool
	dataDir string
	// portal is the address of --portal; it comes before PORTICO_PORTAL.
	portal string
	// began is when the command did.
	began time.Time
	// completing: a shell asks for candidates, and nothing is done.
	completing bool
	// short: people get one line.
	short bool
	// signingIn: the command is a sign-in, and calling it off cancels the sign-in.
	signingIn bool
	// rehearse is a manifest to try in an agent of our own; the agent then keeps nothing
	// of a sign-in.
	rehearse *localapi.PortalRequest
}

// connection is an agent to work with.
type connection struct {
	localapi.Agent
	info localapi.Info
	// own: the agent runs in this process and ends with it.
	own   bool
	close func() error
	// withdraw takes back a page waiting for a browser that could not be opened. It is
	// nil if another process lives on and has the page.
	withdraw func()
}

// exit is the end of a command with everything said already.
type exit int

func (e exit) Error() string { return "exit " + strconv.Itoa(int(e)) }

// usage is a command line nobody understands.
func usage(reason string) *localapi.Problem {
	return &localapi.Problem{Code: localapi.Usage, Params: map[string]string{"reason": reason}}
}

// execute runs the command line and returns the exit code.
func (p *program) execute(ctx context.Context, args []string) int {
	// Even a command line beyond parsing has to be answered in the form it asks for.
	p.completing = completes(args)
	p.json = !p.completing && asksForJSON(args)
	printed, told := &printer{w: p.out, json: func() bool { return p.json }}, &printer{w: p.progress}
	out := &results{w: printed}
	defer func(out, progress io.Writer) { p.out, p.progress = out, progress }(p.out, p.progress)
	p.drawing = p.progress
	p.out, p.progress = out, told
	code := p.ended(ctx, p.rootOf(p.chosen(args)).run(ctx, args))
	p.found = nil
	printed.end()
	told.end()
	if out.err != nil {
		// Whoever reads the result has not got it, whatever it was.
		p.tell(p.progress, asProblem(context.WithoutCancel(ctx), fmt.Errorf("write the result: %w", out.err)))
		return localapi.ExitUnexpected
	}
	return code
}

// ended is the exit code of a command. It tells the problem if nothing has been said yet.
func (p *program) ended(ctx context.Context, err error) int {
	var done exit
	switch {
	case err == nil:
		return localapi.ExitDone
	case errors.As(err, &done):
		return int(done)
	}
	problem := asProblem(ctx, err)
	if problem.Code == localapi.Cancelled && !p.signingIn {
		problem = &localapi.Problem{Code: localapi.Interrupted, Details: problem.Details}
	}
	p.fail(problem)
	return problem.Exit()
}

func asksForJSON(args []string) bool {
	asked := false
	for _, a := range args {
		switch value, named := strings.CutPrefix(a, "--json="); {
		case a == "--":
			return asked
		case a == "--json":
			asked = true
		case named:
			asked, _ = strconv.ParseBool(value)
		}
	}
	return asked
}

// asProblem is an error's meaning to a person. After Ctrl-C the command's outcome no
// longer matters.
func asProblem(ctx context.Context, err error) *localapi.Problem {
	if ctx.Err() != nil {
		return &localapi.Problem{Code: localapi.Cancelled}
	}
	p, named := localapi.AsProblem(err)
	if !named {
		p.Details.Error = redact.Text(p.Details.Error)
	}
	return p
}

// paths are those of --data-dir, of PORTICO_DATA_DIR, or the system's.
func (p *program) paths() (desktop.Paths, error) {
	dir, named := p.dataDir, "--data-dir"
	if dir == "" {
		dir, named = p.env("PORTICO_DATA_DIR"), "PORTICO_DATA_DIR"
	}
	if file := inTheWay(dir); file != "" {
		return desktop.Paths{}, usage(p.words.Text("console.data-dir.file", "Name", named, "File", file))
	}
	return desktop.PathsFor(dir)
}

// inTheWay is the file in the place of a folder, or of one around it; "" for none.
func inTheWay(dir string) string {
	for dir != "" {
		info, err := os.Stat(dir)
		switch {
		case err == nil && info.IsDir():
			return ""
		case err == nil:
			return dir
		case dir == filepath.Dir(dir):
			return ""
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

// uid is the number of the person running this, -1 on Windows.
func (p *program) uid() int {
	if p.user != nil {
		return p.user()
	}
	return os.Geteuid()
}

// decided are the decisions of IT and the person, for questions without an agent.
func (p *program) decided() policy.Settings {
	paths, err := p.paths()
	if err != nil {
		paths = desktop.Paths{} // connecting tells their fault
	}
	return p.find(paths).Preferences(p.env)
}

// find returns the decisions of IT and the person, read once for a command.
func (p *program) find(paths desktop.Paths) *settings.Found {
	if p.found == nil || !p.found.IsOf(paths) {
		p.found = settings.Find(paths, p.policies)
	}
	return p.found
}

// address is the portal of this run, "" if nobody has named one.
func (p *program) address() string { return cmp.Or(p.portal, p.env("PORTICO_PORTAL")) }

// results is standard output, and remembers an error there.
type results struct {
	w   io.Writer
	err error
}

func (r *results) Write(b []byte) (int, error) {
	n, err := r.w.Write(b)
	if err != nil && r.err == nil {
		r.err = err
	}
	return n, err
}

// with connects to the agent, does something, and lets go of it.
func (p *program) with(ctx context.Context, options connectOptions, do func(c *connection) error) (err error) {
	c, err := p.connect(ctx, p, options)
	if err != nil {
		return err
	}
	defer func() {
		if closing := c.close(); err == nil && closing != nil {
			err = fmt.Errorf("let go of the agent: %w", closing)
		}
	}()
	return do(c)
}

// settlesWithin is how long an agent takes to settle if nobody is asked anything.
const settlesWithin = 5 * time.Second

// settled is the agent's state once it has read its settings and key store. A key store
// may wait for minutes, if nobody sees its window: a person at a terminal is told so.
func (p *program) settled(ctx context.Context, a localapi.Agent) (localapi.State, error) {
	if p.columns() > 0 {
		said := make(chan struct{})
		slow := time.AfterFunc(settlesWithin, func() {
			defer close(said)
			p.say("console.slow-store")
		})
		defer func() {
			if !slow.Stop() {
				<-said
			}
		}()
	}
	for event, err := range a.Watch(ctx) {
		if err != nil {
			return localapi.State{}, err
		}
		if event.State != nil && event.State.Session.Phase != localapi.Starting {
			return *event.State, nil
		}
	}
	return localapi.State{}, &localapi.Problem{Code: localapi.AgentGone}
}

// command is cobra's with Portico's manners.
type command struct{ *cobra.Command }

func (c command) run(ctx context.Context, args []string) error {
	// Without arguments of its own cobra takes the process's.
	c.SetArgs(append([]string{}, args...))
	return c.ExecuteContext(ctx)
}
