package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/portico-desktop/portico/app/localapi"
)

func newHelp(p *program) *cobra.Command {
	return &cobra.Command{
		Use:                   "help [COMMAND]",
		Short:                 p.words.Text("console.help.short"),
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return p.unknownCommand(about, rest[0])
			}
			return about.Help()
		},
	}
}

// help prints how a command is used, in the person's language.
func (p *program) help(cmd *cobra.Command) {
	w := cmd.OutOrStdout()
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	fmt.Fprintf(w, "%s\n\n%s\n  %s\n", text, p.words.Text("console.help.usage"), cmd.UseLine())
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\n%s\n", p.words.Text("console.help.commands"))
		table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(table, "  %s\t%s\n", sub.Name(), sub.Short)
			}
		}
		_ = table.Flush()
	}
	fmt.Fprintf(w, "\n%s\n%s", p.words.Text("console.help.flags"), allFlags(cmd).FlagUsages())
	if !cmd.HasParent() {
		fmt.Fprintf(w, "\n%s\n", p.words.Text("console.help.exit"))
		for _, code := range exitCodes() {
			fmt.Fprintf(w, "  %2d   %s\n", code, p.words.Text(fmt.Sprintf("console.exit.%d", code)))
		}
	}
}

func allFlags(cmd *cobra.Command) *pflag.FlagSet {
	all := pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)
	all.AddFlagSet(cmd.LocalFlags())
	all.AddFlagSet(cmd.InheritedFlags())
	return all
}

// exitCodes are the console's, in order.
func exitCodes() []int {
	return []int{
		localapi.ExitDone, localapi.ExitUnexpected, localapi.ExitUsage, localapi.ExitSignInNeeded, localapi.ExitConsent,
		localapi.ExitUnreachable, localapi.ExitConfig, localapi.ExitKeyStore, localapi.ExitCancelled, localapi.ExitRefused,
		localapi.ExitUntrusted,
	}
}
