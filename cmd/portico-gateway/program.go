package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/user"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/assets"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// The exit codes, as porticoctl's.
const (
	exitDone          = 0
	exitUnexpected    = 1
	exitUsage         = 2
	exitUnreachable   = 12
	exitConfiguration = 13
)

// program is the outside world, and the flags of all commands.
type program struct {
	in            io.Reader
	asked         *bufio.Reader
	out, progress io.Writer
	environment   []string
	// terminal: in is one, so a person can be asked.
	terminal bool

	settings string
	json     bool
}

// usageError is a command line nobody understands.
type usageError struct{ error }

// refusal is for something named that is not there, or cannot be changed so.
type refusal struct{ error }

// failed is an end with everything said.
type failed int

func (f failed) Error() string { return fmt.Sprintf("exit %d", int(f)) }

// execute runs the command line and returns the exit code.
func (p *program) execute(ctx context.Context, args []string) int {
	root := p.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	code := codeOf(err)
	var said failed
	if err != nil && !errors.As(err, &said) {
		fmt.Fprintln(p.progress, "portico-gateway:", err)
		var usage usageError
		if errors.As(err, &usage) {
			fmt.Fprintln(p.progress, `"portico-gateway help" lists the commands.`)
		}
	}
	return code
}

func codeOf(err error) int {
	var said failed
	var usage usageError
	var no refusal
	var wrong *settings.Error
	var file *content.Problem
	var kept *store.Error
	var provider *auth.ConfigError
	var away *auth.UnavailableError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &said):
		return int(said)
	case errors.As(err, &usage), errors.As(err, &no):
		return exitUsage
	case errors.As(err, &wrong), errors.As(err, &file), errors.As(err, &kept), errors.As(err, &provider):
		return exitConfiguration
	case errors.As(err, &away):
		return exitUnreachable
	}
	return exitUnexpected
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use: "portico-gateway", Short: "The server of a portal for Portico",
		SilenceErrors: true, SilenceUsage: true, Version: assets.Version,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no command %q", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(p.out)
	root.SetErr(p.progress)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().StringVar(&p.settings, "settings", "gateway.toml", "the file of settings")
	root.PersistentFlags().BoolVar(&p.json, "json", false, "write one JSON document to standard output")
	root.AddCommand(p.newVersion(), p.newInit(), p.newCheck(), p.newServe(), p.newAnnounce(), p.newNews(), p.newTickets(), p.newLink(), p.newBackup())
	return root
}

// arguments are so many, with these names.
func arguments(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usageError{fmt.Errorf("%s is missing", strings.Join(names[len(args):], " and "))}
		case len(args) > len(names):
			return usageError{fmt.Errorf("%q is too much; quote a text of several words", args[len(names)])}
		}
		return nil
	}
}

// print writes a result: as JSON, or as people's text.
func (p *program) print(v any, text func(w io.Writer)) error {
	if !p.json {
		text(p.out)
		return nil
	}
	e := json.NewEncoder(p.out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// read reads the settings.
func (p *program) read() (*settings.Settings, error) { return settings.Read(p.settings, p.environment) }

// staff opens the technician's side, beside a gateway, running or not.
func (p *program) staff(ctx context.Context, name string, do func(s *settings.Settings, staff desk.Staff) error) error {
	s, err := p.read()
	if err != nil {
		return err
	}
	in, err := store.Open(ctx, store.Params{File: s.Database(), Beside: true})
	if err != nil {
		return err
	}
	return errors.Join(do(s, desk.Staff{Store: in, Name: technician(name)}), in.Close())
}

// technician is the name for people to read: the one given, or the name of the user running the command.
func technician(name string) string {
	if name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		if full := strings.TrimSpace(strings.SplitN(u.Name, ",", 2)[0]); full != "" && full != "root" {
			return full
		}
	}
	return "IT team"
}

// ask asks a person for a line; what stands in brackets is for an empty one.
func (p *program) ask(question, otherwise string) (string, error) {
	if p.asked == nil {
		p.asked = bufio.NewReader(p.in)
	}
	if otherwise != "" {
		question += " [" + otherwise + "]"
	}
	fmt.Fprint(p.progress, question+": ")
	line, err := p.asked.ReadString('\n')
	line = strings.TrimSpace(line)
	if err != nil && line == "" {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	if line == "" {
		line = otherwise
	}
	return line, nil
}

// text reads the text given to a command: "-" is standard input, for texts of several lines.
func (p *program) text(argument string) (string, error) {
	if argument != "-" {
		return argument, nil
	}
	raw, err := io.ReadAll(io.LimitReader(p.in, 1<<20))
	return strings.TrimRight(string(raw), "\n"), err
}

func (p *program) newVersion() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say which version this is", Args: arguments(),
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Version string `json:"version"`
				Go      string `json:"go"`
			}{Version: assets.Version}
			if info, ok := debug.ReadBuildInfo(); ok {
				v.Go = info.GoVersion
			}
			return p.print(v, func(w io.Writer) { fmt.Fprintf(w, "portico-gateway %s (%s)\n", v.Version, v.Go) })
		},
	}
}
