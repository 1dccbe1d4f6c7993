package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/portico-desktop/portico/app/spelling"
)

// commands are the console's, each by its name, in the order of the help.
func (p *program) commands() []makes {
	return []makes{
		{"login", func() *cobra.Command { return newLogin(p, runLogin) }},
		{"logout", func() *cobra.Command { return newLogout(p, runLogout) }},
		{"status", func() *cobra.Command { return newStatus(p, runStatus) }},
		{"wait", func() *cobra.Command { return newWait(p, runWait) }},
		{"accounts", func() *cobra.Command { return newAccounts(p, runAccounts) }},
		{"providers", func() *cobra.Command { return newProviders(p, runProviders) }},
		{"manifest", func() *cobra.Command { return newManifest(p, runManifest, runManifestInit) }},
		{"doctor", func() *cobra.Command { return newDoctor(p, runDoctor) }},
		{"bundle", func() *cobra.Command { return newBundle(p, runBundle) }},
		{"policy", func() *cobra.Command { return newPolicy(p, runPolicy) }},
		{"autostart", func() *cobra.Command { return newAutostart(p, runAutostart) }},
		{"proxy", func() *cobra.Command { return newProxy(p, runProxy) }},
		{"forget", func() *cobra.Command { return newForget(p, runForget) }},
		{"version", func() *cobra.Command { return newVersion(p, runVersion) }},
		{"completion", func() *cobra.Command { return newCompletion(p, runCompletion) }},
	}
}

// makes is a command still to be made.
type makes struct {
	name string
	make func() *cobra.Command
}

// chosen are the commands needed for a command line. A line beginning with the name of
// one needs no other, and every one has dozens of texts to be looked up.
func (p *program) chosen(args []string) []makes {
	all := p.commands()
	if len(args) > 0 && !p.completing {
		if at := slices.IndexFunc(all, func(c makes) bool { return c.name == args[0] }); at >= 0 {
			return all[at : at+1]
		}
	}
	return all
}

// rootOf is the command line with some of its commands.
func (p *program) rootOf(commands []makes) command {
	var version bool
	root := &cobra.Command{
		Use:                   "porticoctl COMMAND",
		Long:                  p.words.Text("console.root.long"),
		SilenceErrors:         true,
		SilenceUsage:          true,
		DisableFlagsInUseLine: true,
		Args:                  p.noArguments,
		// Before any command does anything.
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return p.refuseEmpty(cmd) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			if version {
				return runVersion(cmd.Context(), &versionOptions{program: p})
			}
			if p.json {
				return usage(p.words.Text("console.root.which"))
			}
			return cmd.Help()
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	flags := root.PersistentFlags()
	flags.BoolVar(&p.json, "json", p.json, p.words.Text("console.flag.json"))
	flags.StringVar(&p.dataDir, "data-dir", "", p.words.Text("console.flag.data-dir"))
	flags.BoolP("help", "h", false, p.words.Text("console.flag.help"))
	root.Flags().BoolVar(&version, "version", false, p.words.Text("console.flag.version"))
	root.SetOut(p.out)
	root.SetErr(p.progress)
	root.SetFlagErrorFunc(p.flagError)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { p.help(cmd) })
	for _, c := range commands {
		root.AddCommand(c.make())
	}
	root.SetHelpCommand(newHelp(p))
	if err := root.MarkPersistentFlagDirname("data-dir"); err != nil {
		panic(err) // it is defined above
	}
	if p.completing {
		unquote(root)
	}
	return command{root}
}

// noArguments refuses anything but flags.
func (p *program) noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasAvailableSubCommands() {
		return p.unknownCommand(cmd, args[0])
	}
	return usage(p.words.Text("console.unknown-argument", "Argument", args[0]))
}

// unknownCommand refuses an unknown subcommand, with the one probably meant.
func (p *program) unknownCommand(cmd *cobra.Command, word string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			names = append(names, sub.Name())
		}
	}
	return usage(p.suggest(p.words.Text("console.unknown-argument", "Argument", word), cmd.CommandPath()+" ", spelling.Nearest(word, names)))
}

// suggest adds the name probably meant, if there is one.
func (p *program) suggest(text, before, name string) string {
	if name == "" {
		return text
	}
	return text + " " + p.words.Text("console.suggestion", "Name", before+name)
}

// refuseEmpty refuses options with an empty value: a script with an empty variable means
// something else than nothing, and must not reach the person signed in, or the usual
// folders.
func (p *program) refuseEmpty(cmd *cobra.Command) error {
	var refused error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if refused == nil && f.Value.Type() == "string" && strings.TrimSpace(f.Value.String()) == "" {
			name, _ := pflag.UnquoteUsage(f)
			refused = usage(p.words.Text("console.flag-error.no-value", "Flag", "--"+f.Name, "Value", name))
		}
	})
	return refused
}
