package main

import "github.com/spf13/cobra"

// root is the command line with all its commands.
func (p *program) root() command {
	root := &cobra.Command{
		Use:                   "porticoctl COMMAND",
		Long:                  p.words.Text("console.root.long"),
		SilenceErrors:         true,
		SilenceUsage:          true,
		DisableFlagsInUseLine: true,
		Args:                  p.noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
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
	root.SetOut(p.out)
	root.SetErr(p.progress)
	root.SetFlagErrorFunc(p.flagError)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { p.help(cmd) })
	root.AddCommand(
		newLogin(p, runLogin),
		newLogout(p, runLogout),
		newStatus(p, runStatus),
		newAccounts(p, runAccounts),
		newProviders(p, runProviders),
		newDoctor(p, runDoctor),
		newBundle(p, runBundle),
		newPolicy(p, runPolicy),
		newAutostart(p, runAutostart),
		newForget(p, runForget),
		newVersion(p, runVersion),
		newCompletion(p, runCompletion),
	)
	root.SetHelpCommand(newHelp(p))
	return command{root}
}

// noArguments refuses what is not a flag.
func (p *program) noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(p.words.Text("console.unknown-argument", "Argument", args[0]))
	}
	return nil
}
