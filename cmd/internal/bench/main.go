//go:build linux

// Bench measures what Portico promises to be quick and small at: the silent start, the
// way back from the browser, many processes at once, the idle agent, the window. Times
// by themselves say little about a program and much about a machine. So everything is
// compared with something bare, and with other people's programs that do the like, in
// the same run and in turn with them. With -against each figure is also taken of
// another build, in turn with this one's.
//
// It works on Linux, with the real programs, provider and key store, and over TLS: a
// provider over plain http would flatter time and memory. A thing missing on a computer
// is named in the report, and stops nothing.
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
	"path/filepath"
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
	flag.DurationVar(&o.idle, "idle", 20*time.Second, "how long an idle agent is watched")
	flag.IntVar(&o.pairs, "pairs", 20, "how many `rounds` of starts are compared; half as many windows")
	flag.IntVar(&o.agents, "agents", 3, "how many idle agents of each build are watched")
	flag.StringVar(&o.out, "out", "", "also write the report to this `file`")
	flag.StringVar(&o.only, "only", strings.Join(partNames(), ","), "which `parts` to measure")
	flag.StringVar(&o.against, "against", "", "a `folder` with another build's programs, or a commit to build, measured in turn with this one's")
	flag.StringVar(&o.from, "from", ".", "the `folder` that a relative -against and -out count from")
	flag.BoolVar(&o.check, "check", false, "only check -against")
	flag.BoolVar(&o.verbose, "verbose", false, "show what the programs print")
	flag.Parse()
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

// bench is one run: a provider, a portal, and the programs.
type bench struct {
	// dir has all files of the run but the rooms'.
	dir string
	// root is the checkout.
	root      string
	authority *stage.Authority
	trust     trust
	provider  stage.Provider
	// providerLack is why there is no provider, nil if there is one.
	providerLack error
	portal       *demoportal.Server
	// builds is this one, and then the other one if there is one.
	builds []build
	peers  []peer

	log, report io.Writer
	compared    []comparison
	missing     []absence
}

func run(ctx context.Context, o options) (err error) {
	chosen, err := choose(o.only)
	if err != nil {
		return err
	}
	builds, err := findBuilds(o.against, o.from)
	if err != nil || o.check {
		return err
	}
	if lacking := lackingPrograms(builds[0].dir); len(lacking) > 0 {
		return fmt.Errorf("%s has no %s; `make build` makes them", builds[0].dir, strings.Join(lacking, " and no "))
	}
	b := &bench{log: io.Discard, report: os.Stdout}
	if o.verbose {
		b.log = os.Stderr
	}
	if o.out != "" {
		if !filepath.IsAbs(o.out) {
			o.out = filepath.Join(o.from, o.out)
		}
		f, err := os.Create(o.out)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		b.report = io.MultiWriter(os.Stdout, f)
	}
	if b.root, err = stage.ModuleRoot(); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := b.setUp(ctx, builds); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	b.say("# Portico, measured %s\n", time.Now().UTC().Format("2006-01-02"))
	b.say("%s, %d cores, %s, %s.\n", cpu(), runtime.NumCPU(), runtime.Version(), b.builds[0].from)
	b.say("%s", method)
	b.say("The authority of provider and portal was made for this run and is %s in the bundle and the folder that every program reads.", b.trust)
	b.preparePeers(ctx, chosen)
	return b.measure(ctx, o, chosen)
}

// method is what a reader of the report has to know.
const method = `Everything is measured in turn within one run (this build, the other one, each peer, and again), each start after one of the bare program, and the medians
are given. Single absolute times mean little; ratios are medians of the pairs, with the least and the most. Programs are measured as copies, as
installed ones are. Provider ([oidc-provider](https://github.com/panva/node-oidc-provider), which rotates refresh tokens and ends a sign-in when one is used
twice) and portal speak TLS on loopback; the key store is a gnome-keyring of its own for each part. Peers do the same sign-in with the library that they are
named after: ` + "`cmd/internal/bench/peers` has them. Written by `make bench`."

// setUp starts what all parts share.
func (b *bench) setUp(ctx context.Context, builds []build) (err error) {
	for i := range builds {
		if err := builds[i].make(ctx, b.log); err != nil {
			return err
		}
	}
	if b.builds, err = copyBuilds(builds, b.dir); err != nil {
		return err
	}
	if b.authority, err = stage.NewAuthority(b.dir); err != nil {
		return err
	}
	if b.trust, err = newTrust(b.dir, b.authority); err != nil {
		return err
	}
	issuer := "https://127.0.0.1:9" // nobody answers there
	second := withSecret()
	if b.provider, b.providerLack = stage.OIDCProviderWith(ctx, b.log, stage.ProviderOptions{TLS: b.authority, Second: &second}); b.providerLack == nil {
		issuer = b.provider.Issuer()
	} else if ctx.Err() != nil {
		return ctx.Err()
	} else {
		b.providerLack = lack{fmt.Errorf("there is no provider: %w", b.providerLack)}
	}
	if b.portal, err = b.startPortal(ctx, issuer); err != nil {
		return errors.Join(err, b.close())
	}
	return nil
}

// startPortal starts a portal with sign-ins at this issuer.
func (b *bench) startPortal(ctx context.Context, issuer string) (*demoportal.Server, error) {
	secure, err := b.authority.Server()
	if err != nil {
		return nil, err
	}
	return demoportal.Params{TLS: secure, Providers: []demoportal.Provider{{
		ID: "work", Title: "Work account", Authority: issuer, ClientID: "portico",
	}}}.Start(ctx)
}

func (b *bench) close() error {
	var errs []error
	if b.portal != nil {
		errs = append(errs, b.portal.Close())
	}
	if b.provider != nil {
		errs = append(errs, b.provider.Close())
	}
	return errors.Join(errs...)
}

// both makes two contenders, one of each build.
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

// suffix goes behind names of the other build.
func suffix(other bool) string {
	if other {
		return " (the other build)"
	}
	return ""
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.report, format+"\n", args...) }

func cpu() string {
	out, err := exec.Command("sh", "-c", `sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1`).Output()
	if err != nil || len(out) == 0 {
		return "unknown processor"
	}
	return string(out[:len(out)-1])
}
