//go:build linux

// Bench measures what Portico promises to be small at: the idle agent, the
// window's start, the silent sign-in. Everything is compared with something
// bare that is measured in the same run, because times by themselves say little
// about a program and much about a machine. With -against each figure is also
// taken of another build, in turn with this one's.
//
// It works on Linux, with the real programs, provider, browser and key store, and
// over TLS: a provider over plain http would flatter time and memory.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	flag.DurationVar(&o.idle, "idle", time.Minute, "how long the idle agent is watched")
	flag.IntVar(&o.pairs, "pairs", 0, "how many pairs of starts are compared; 0 means 10, and 30 with another build")
	flag.IntVar(&o.agents, "agents", 3, "how many pairs of idle agents are compared, each watched for half of -idle; with another build only")
	flag.StringVar(&o.out, "out", "", "also write the report to this `file`")
	flag.StringVar(&o.only, "only", "sizes,version,idle,window,rest,silent,proxy", "which `parts` to measure")
	flag.StringVar(&o.against, "against", "", "a `folder` with another build's programs, measured in turn with this one's")
	flag.StringVar(&o.from, "from", ".", "the `folder` that a relative -against counts from")
	flag.BoolVar(&o.check, "check", false, "only check -against")
	flag.BoolVar(&o.verbose, "verbose", false, "show what the programs print")
	flag.Parse()
	if o.pairs == 0 {
		o.pairs = 10
		if o.against != "" {
			o.pairs = 30
		}
	}
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	idle                     time.Duration
	pairs, agents            int
	out, only, against, from string
	check, verbose           bool
}

// bench is one run: a desk, a provider, a portal, and the programs.
type bench struct {
	stage     *stage.Stage
	authority *stage.Authority
	// trusted is a file with the system's authorities and ours.
	trusted  string
	provider stage.Provider
	portal   *demoportal.Server
	// builds is this one, and then the other one if there is one.
	builds []build
	// more is of every desk's environment, and curlArgs are curl's, for a way through a proxy.
	more, curlArgs []string
	// curls is the refresh token that curl has, "" before its sign-in.
	curls string
	// desks are those where somebody was signed in, or why that failed.
	desks map[string]error

	report   io.Writer
	compared []comparison
	missing  []absence
}

func run(ctx context.Context, o options) (err error) {
	if runtime.GOOS != "linux" {
		return errors.New("the measurements read /proc and need Linux")
	}
	builds, err := findBuilds(o.against, o.from)
	if err != nil || o.check {
		return err
	}
	if lacking := lackingPrograms(builds[0].dir); len(lacking) > 0 {
		return fmt.Errorf("%s has no %s; `make build` makes them", builds[0].dir, strings.Join(lacking, " and no "))
	}
	report := io.Writer(os.Stdout)
	if o.out != "" {
		f, err := os.Create(o.out)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		report = io.MultiWriter(os.Stdout, f)
	}
	var log io.Writer
	if o.verbose {
		log = os.Stderr
	}
	b := &bench{desks: map[string]error{}, report: report}
	if b.stage, err = stage.New(ctx, stage.Params{Display: true, Screen: "1280x900", Framebuffer: true, TrustAll: true, Log: log}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stage.Close()) }()
	if b.builds, err = copyBuilds(builds, b.stage.Dir); err != nil {
		return err
	}
	if b.authority, err = stage.NewAuthority(b.stage.Dir); err != nil {
		return err
	}
	var authorities int
	if b.trusted, authorities, err = trustedBySystem(b.stage.Dir, b.authority); err != nil {
		return err
	}
	if b.provider, err = stage.OIDCProviderWith(ctx, log, stage.ProviderOptions{TLS: b.authority}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.provider.Close()) }()
	if b.portal, err = b.startPortal(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.portal.Close()) }()

	b.say("# Portico, measured %s", time.Now().UTC().Format("2006-01-02"))
	b.say("\n%s, %d cores, %s. Medians; single absolute times mean little, ratios are of runs in turn.", cpu(), runtime.NumCPU(), runtime.Version())
	b.say("Provider and portal speak TLS. Their authority was made for this run and is one of %d that are trusted here.", authorities)
	return b.measure(ctx, o, log)
}

func (b *bench) startPortal(ctx context.Context) (*demoportal.Server, error) {
	secure, err := b.authority.Server()
	if err != nil {
		return nil, err
	}
	return demoportal.Params{TLS: secure, Providers: []demoportal.Provider{{
		ID: "work", Title: "Work account", Authority: b.provider.Issuer(), ClientID: "portico",
	}}}.Start(ctx)
}

// measure takes the parts in the order in which they were asked for.
func (b *bench) measure(ctx context.Context, o options, log io.Writer) error {
	steps := map[string]func(context.Context) error{
		"sizes":   b.sizes,
		"version": func(ctx context.Context) error { return b.version(ctx, o.pairs) },
		"idle":    func(ctx context.Context) error { return b.idleAgent(ctx, o.idle, o.agents) },
		"window":  func(ctx context.Context) error { return b.windowStart(ctx, o.pairs) },
		"rest":    func(ctx context.Context) error { return b.windowAtRest(ctx, o.idle/2) },
		"silent":  func(ctx context.Context) error { return b.silentStart(ctx, o.pairs) },
		"proxy":   func(ctx context.Context) error { return b.proxyStart(ctx, o.pairs, log) },
	}
	for name := range strings.SplitSeq(o.only, ",") {
		step, ok := steps[name]
		if !ok {
			return fmt.Errorf("there is no part %q", name)
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	if len(b.builds) == 1 {
		return nil
	}
	b.summary()
	if len(b.compared) == 0 {
		return fmt.Errorf("nothing could be measured of the programs in %s", b.builds[1].from)
	}
	return nil
}

// both makes the contenders that are one of each build.
func (b *bench) both(contend func(build) contender) []contender {
	contenders := make([]contender, len(b.builds))
	for i, of := range b.builds {
		c := contend(of)
		c.other = of.other
		c.name += suffix(of.other)
		contenders[i] = c
	}
	return contenders
}

// suffix goes behind what belongs to the other build.
func suffix(other bool) string {
	if other {
		return " (the other build)"
	}
	return ""
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.report, format+"\n", args...) }

func (b *bench) sizes(ctx context.Context) error {
	b.say("\n## Files\n\n| program | MiB |\n|---|---|")
	for _, name := range []string{"portico-agent", "porticoctl", "portico"} {
		all, err := inTurn(ctx, 0, 1, b.both(func(of build) contender {
			return contender{name: name, run: func(context.Context) ([]float64, error) {
				info, err := os.Stat(of.program(name))
				if err != nil {
					return nil, err
				}
				return []float64{float64(info.Size()) / (1 << 20)}, nil
			}}
		}), nil)
		if err != nil {
			return err
		}
		q := quantity{name: "size of " + name, unit: "MiB", digits: 1, ratioDigits: 3}
		for _, s := range all {
			if s.missing == nil {
				b.say("| %s | %s |", s.name, q.format(s.rounds[0][0]))
			}
		}
		b.compare(q, 0, all)
	}
	return nil
}

// version compares the least that the console does with the least that curl does.
func (b *bench) version(ctx context.Context, pairs int) error {
	floor := contender{name: "curl --version", run: func(ctx context.Context) ([]float64, error) {
		return b.timed(ctx, stage.Command{Name: "curl", Args: []string{"--version"}})
	}}
	all, err := inTurn(ctx, 1, pairs, b.both(func(of build) contender {
		return contender{name: "porticoctl version", run: func(ctx context.Context) ([]float64, error) {
			return b.timed(ctx, stage.Command{Name: of.program("porticoctl"), Args: []string{"version"}, Env: b.env("version")})
		}}
	}), &floor)
	if err != nil {
		return err
	}
	b.say("\n## The console's start (%d pairs in turn)\n", pairs)
	b.spreads(quantity{name: "porticoctl version", unit: "ms", digits: 1}, 0, all, floor.name)
	return nil
}

func cpu() string {
	out, err := exec.Command("sh", "-c", `sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1`).Output()
	if err != nil || len(out) == 0 {
		return "unknown processor"
	}
	return string(out[:len(out)-1])
}
